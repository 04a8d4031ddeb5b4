/**
 * The way to origins, whose roots and proxy may change while the service runs. A request under way ends as it began.
 */
import { Fetcher } from "@posh/core"
import { type EgressConfigError, type EgressOptions, HttpsFetcher } from "@posh/core/node"
import { Context, Effect, Equal, Layer } from "effect"
import { ownCertificates, warnOfEnd } from "../process/ownCertificates.ts"
import { watchFiles } from "../process/watchFiles.ts"
import { certificateNotes } from "../telemetry/standing.ts"
import { egressFault, readExtraCa } from "./policy.ts"
import { secretOf } from "./Secrets.ts"
import { type Settings, variables } from "./variables.ts"

export const layerFetcher = (
  settings: Pick<Settings, "extraCaFile" | "egressProxy">,
  initial: EgressOptions
): Layer.Layer<Fetcher, EgressConfigError> =>
  Layer.effect(
    Fetcher,
    Effect.gen(function*() {
      const build = (options: EgressOptions) =>
        Effect.map(
          Effect.scoped(Layer.build(HttpsFetcher.layer(options))),
          (built) => ({ options, fetcher: Context.get(built, Fetcher) })
        )
      const note = yield* certificateNotes
      let state = yield* build(initial)
      const use = (change: Partial<EgressOptions>) =>
        Effect.map(build({ ...state.options, ...change }), (built) => void (state = built))

      const proxy = yield* secretOf("egressProxy", settings.egressProxy)
      proxy.onChange(Effect.suspend(() => {
        const changed = proxy.current()
        return changed === undefined ? Effect.void : Effect.orDie(use({ proxy: changed }))
      }))

      const { extraCaFile } = settings
      if (extraCaFile !== undefined) {
        const name = variables.extraCaFile.name
        const renew = Effect.gen(function*() {
          const extraCa = yield* readExtraCa(extraCaFile)
          if (Equal.equals(extraCa, state.options.extraCa)) return
          yield* Effect.mapError(use({ extraCa }), egressFault)
          yield* Effect.logInfo(`${name}: new roots are trusted`)
          const own = ownCertificates({ POSH_EXTRA_CA_FILE: extraCa })
          note(own)
          yield* Effect.forEach(own, warnOfEnd, { discard: true })
        }).pipe(Effect.mapError(({ message }) => `${message}; the roots stay as they were`))
        yield* watchFiles([extraCaFile], renew, name)
      }

      return Fetcher.of({
        get: (request) => Effect.suspend(() => state.fetcher.get(request)),
        find: (request) =>
          Effect.suspend(() => {
            const { find, get } = state.fetcher
            return find === undefined ? Effect.succeed(get(request)) : find(request)
          })
      })
    })
  )
