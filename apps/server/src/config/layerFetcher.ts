/**
 * The way to origins, whose roots, pins and proxy may change while the service runs, and to certificates that chains lack, over
 * the same proxy. A request under way ends as it began.
 */
import { CertificateFetcher, Fetcher } from "@posh/core"
import {
  type EgressConfigError,
  type EgressOptions,
  HttpCertificateFetcher,
  HttpsFetcher,
  type Pins
} from "@posh/core/node"
import { Context, Effect, Layer, Semaphore } from "effect"
import { watchFiles } from "../process/watchFiles.ts"
import { ExtraRoots } from "./ExtraRoots.ts"
import { egressFault, readPins } from "./policy.ts"
import { secretOf } from "./Secrets.ts"
import { type Settings, variables } from "./variables.ts"

export const layerFetcher = (
  settings: Pick<Settings, "pinsFile" | "egressProxy">,
  initial: EgressOptions
): Layer.Layer<Fetcher | CertificateFetcher, EgressConfigError, ExtraRoots> =>
  Layer.effectContext(
    Effect.gen(function*() {
      const build = (options: EgressOptions) =>
        Effect.map(
          Effect.scoped(
            Layer.build(Layer.mergeAll(HttpsFetcher.layer(options), HttpCertificateFetcher.layer(options)))
          ),
          (built) => ({
            options,
            fetcher: Context.get(built, Fetcher),
            certificates: Context.get(built, CertificateFetcher)
          })
        )
      let state = yield* build(initial)
      const oneByOne = yield* Semaphore.make(1) // each change builds on the ones before
      const use = (change: Partial<EgressOptions>) =>
        Effect.suspend(() => build({ ...state.options, ...change })).pipe(
          Effect.map((built) => void (state = built)),
          oneByOne.withPermits(1)
        )

      const proxy = yield* secretOf("egressProxy", settings.egressProxy)
      proxy.onChange(Effect.suspend(() => {
        const changed = proxy.current()
        return changed === undefined ? Effect.void : Effect.orDie(use({ proxy: changed }))
      }))

      const { onChange } = yield* ExtraRoots
      onChange((extraCa) => use({ extraCa }))

      const { pinsFile } = settings
      if (pinsFile !== undefined) {
        const name = variables.pinsFile.name
        const renew = Effect.gen(function*() {
          const pins = yield* readPins(pinsFile)
          const before = state.options.pins
          if (isSamePins(pins, before)) return
          yield* Effect.mapError(use({ pins }), egressFault)
          const lost = [...before?.keys() ?? []].filter((host) => !pins.has(host))
          const without = lost.length === 0 ? "" : `; no longer pinned: ${lost.join(", ")}`
          yield* Effect.logInfo(`${name}: new pins are in use; hosts: ${pins.size}${without}`)
        }).pipe(Effect.mapError(({ message }) => `${message}; the pins stay as they were`))
        yield* watchFiles([pinsFile], renew, name)
      }

      return Context.make(Fetcher, follow(() => state.fetcher)).pipe(
        Context.add(CertificateFetcher, follow(() => state.certificates))
      )
    })
  )

/** Each request goes the way that is current when it begins. */
const follow = (current: () => Fetcher["Service"]): Fetcher["Service"] => ({
  get: (request) => Effect.suspend(() => current().get(request)),
  find: (request) =>
    Effect.suspend(() => {
      const { find, get } = current()
      return find === undefined ? Effect.succeed(get(request)) : find(request)
    })
})

/** Order aside. */
const isSamePins = (pins: Pins, before: Pins = new Map()): boolean =>
  pins.size === before.size &&
  [...pins].every(([host, keys]) => keys.symmetricDifference(before.get(host) ?? new Set()).size === 0)
