/**
 * The roots beside those of Node.js (`POSH_EXTRA_CA_FILE`), which may change while the service runs: for origins, and for the
 * resolver that validates.
 */
import type { EgressConfigError, EgressOptions } from "@posh/core/node"
import { Context, Effect, Layer } from "effect"
import { ownCertificates, warnOfEnd } from "../process/ownCertificates.ts"
import { watchFiles } from "../process/watchFiles.ts"
import { certificateNotes } from "../telemetry/standing.ts"
import { egressFault, readExtraCa } from "./policy.ts"
import { type Settings, variables } from "./variables.ts"

export class ExtraRoots extends Context.Service<ExtraRoots, {
  /** PEM, as it was accepted last. */
  readonly current: () => string | undefined
  /** Runs with each change before it counts, one run after the other; if it fails, the roots stay as they were. */
  readonly onChange: (handle: (extraCa: string) => Effect.Effect<void, EgressConfigError>) => void
}>()("posh/server/config/ExtraRoots") {
  /** `initial`: as read at the start. */
  static readonly layer = (
    { extraCaFile }: Pick<Settings, "extraCaFile">,
    initial: Pick<EgressOptions, "extraCa">
  ): Layer.Layer<ExtraRoots> =>
    Layer.effect(
      ExtraRoots,
      Effect.gen(function*() {
        const state = { extraCa: initial.extraCa }
        const handlers: Array<(extraCa: string) => Effect.Effect<void, EgressConfigError>> = []
        if (extraCaFile !== undefined) {
          const name = variables.extraCaFile.name
          const note = yield* certificateNotes
          const renew = Effect.gen(function*() {
            const extraCa = yield* readExtraCa(extraCaFile)
            if (extraCa === state.extraCa) return
            yield* Effect.mapError(
              Effect.forEach(handlers, (handle) => handle(extraCa), { discard: true }),
              egressFault
            )
            state.extraCa = extraCa
            yield* Effect.logInfo(`${name}: new roots are trusted`)
            const own = ownCertificates({ POSH_EXTRA_CA_FILE: extraCa })
            note(own)
            yield* Effect.forEach(own, warnOfEnd, { discard: true })
          }).pipe(Effect.mapError(({ message }) => `${message}; the roots stay as they were`))
          yield* watchFiles([extraCaFile], renew, name)
        }
        return ExtraRoots.of({
          current: () => state.extraCa,
          onChange: (handle) => void handlers.push(handle)
        })
      })
    )
}
