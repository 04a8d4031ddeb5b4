/**
 * Asks about a million distinct domains with a fake fetcher: the heap must stay within the bound of the cache. It takes
 * minutes, so it runs only by name.
 */
import { defaultPolicy, Fetcher, Verifier } from "@posh/core"
import { fingerprintsDocument } from "@posh/testing"
import { Effect, Layer } from "effect"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import type { HostedWorld } from "../world.ts"

export const memory = ({ certificate }: HostedWorld): Promise<ReadonlyArray<string>> => {
  setFlagsFromString("--expose-gc")
  const collect = runInNewContext("gc") as () => void
  const body = new TextEncoder().encode(JSON.stringify(fingerprintsDocument([certificate], { expires: 86_400 })))
  const startedAt = Date.now()
  const layer = Verifier.layer({ ...defaultPolicy, allowSpecialUse: true }).pipe(
    Layer.provide(Layer.succeed(Fetcher, {
      get: () =>
        Effect.succeed({
          status: 200,
          headers: [["content-type", "application/json"]],
          body,
          trace: { startedAt, endedAt: startedAt }
        })
    }))
  )
  return Effect.runPromise(
    Effect.gen(function*() {
      const { prepare, verify } = yield* Verifier
      const lines: Array<string> = []
      let asked = 0
      for (const target of [10_000, 100_000, 200_000, 500_000, 1_000_000]) {
        for (; asked < target; asked += 1) {
          const question = { domain: `d${asked}.example`, service: "xmpp-server", certificate: certificate.pem }
          const { valid } = yield* Effect.flatMap(Effect.fromResult(prepare(question)), verify)
          if (!valid) throw new Error(`d${asked}.example was not verified`)
        }
        collect()
        lines.push(`${target} distinct domains: heap ${(process.memoryUsage().heapUsed / 1e6).toFixed(0)} MB`)
      }
      return [...lines, `bound: ${defaultPolicy.cacheEntries} entries`]
    }).pipe(Effect.provide(layer))
  )
}
