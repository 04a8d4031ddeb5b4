/**
 * Metrics of how the service stands: what weakens it, and when its own certificates end.
 */
import { Context, Effect, Option } from "effect"
import { type Weakness, weaknessNames } from "../config/weaknesses.ts"
import { certificateFiles, type OwnCertificate } from "../process/ownCertificates.ts"
import { Metrics } from "./Metrics.ts"

/** What was found at the start. */
export const Standing = Context.Reference<{
  readonly weaknesses: ReadonlyArray<Weakness>
  readonly certificates: ReadonlyArray<OwnCertificate>
}>("posh/server/telemetry/Standing", { defaultValue: () => ({ weaknesses: [], certificates: [] }) })

/** Every series has a value; that of a file which is not configured is NaN, which no alert compares as true. */
export const showStanding = (metrics: Metrics["Service"]): Effect.Effect<void> =>
  Effect.map(Standing, ({ certificates, weaknesses }) => {
    for (const by of weaknessNames) {
      metrics.cell("posh_weakened", { by }).value = weaknesses.some((weakness) => weakness.by === by) ? 1 : 0
    }
    for (const file of certificateFiles) cellOf(metrics, file).value = Number.NaN
    show(metrics, certificates)
  })

/** Shows when certificates end that were loaded again, if the service counts. */
export const certificateNotes: Effect.Effect<(certificates: ReadonlyArray<OwnCertificate>) => void> = Effect.map(
  Effect.serviceOption(Metrics),
  (metrics) => (certificates) => {
    if (Option.isSome(metrics)) show(metrics.value, certificates)
  }
)

const show = (metrics: Metrics["Service"], certificates: ReadonlyArray<OwnCertificate>): void => {
  for (const { file, notAfter } of certificates) cellOf(metrics, file).value = notAfter / 1_000
}

const cellOf = ({ cell }: Metrics["Service"], file: OwnCertificate["file"]) =>
  cell("posh_tls_certificate_not_after_seconds", { file })
