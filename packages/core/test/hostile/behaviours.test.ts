/** Web servers that mean harm: the right code, and bounds on time, processor and memory (POSH-RES-91, POSH-SEC-13). */
import { assert, layer } from "@effect/vitest"
import { selfSigned } from "@posh/testing"
import { Context, Effect, Layer, Result } from "effect"
import { attemptLimits } from "../../src/Limits.ts"
import { HttpsFetcher, parseConnectTo } from "../../src/node/index.ts"
import { defaultPolicy } from "../../src/Policy.ts"
import { Verifier } from "../../src/Verifier.ts"
import { verifyBy } from "../asking.ts"
import { affordable, type Cost, measured } from "./measure.ts"
import { hostileOrigins } from "./origins/all.ts"
import { type Code, usualCostMs } from "./origins/kinds.ts"
import { domainOf, startOrigins } from "./place.ts"

/** Several times shorter than in production, and long enough for a busy machine. */
const attempt = { ...attemptLimits, connectMs: 600, firstByteMs: 800, requestMs: 1_200, attemptMs: 8_000 }

type Asking = (domain: string, draft: boolean) => Effect.Effect<readonly [Cost, string]>

class Ask extends Context.Service<Ask, Asking>()("posh/test/Ask") {
  static readonly layer = Layer.effect(
    Ask,
    Effect.gen(function*() {
      const place = yield* startOrigins
      const { pem } = yield* selfSigned()
      const context = yield* Layer.build(
        Verifier.layer({ ...defaultPolicy, attempt }).pipe(
          Layer.provide(HttpsFetcher.layer({
            userAgent: "posh-test",
            extraCa: place.caPem,
            connectTo: Result.getOrThrow(parseConnectTo(place.connectTo))
          })),
          Layer.orDie
        )
      )
      const verifier = Context.get(context, Verifier)
      const service = "xmpp-server"
      return (domain, draft) =>
        Effect.andThen(
          Effect.orDie(verifier.forget(domain, service)),
          measured(Effect.match(
            verifyBy(verifier, { domain, service, certificate: pem, generations: draft ? "draft-only" : "rfc-only" }),
            { onFailure: ({ code }) => code, onSuccess: ({ code }) => code }
          ))
        )
    })
  )
}

layer(Ask.layer, { excludeTestServices: true, timeout: 120_000 })("a web server that", (it) => {
  it.effect.each(hostileOrigins)(
    "$name → $codes",
    ({ codes, costMs = usualCostMs, generation, name }) =>
      Effect.gen(function*() {
        const ask = yield* Ask
        const code = yield* ask(domainOf(name), generation === "draft").pipe(
          // A time-out that the server does not provoke is the machine's.
          Effect.repeat({ times: 2, until: ([, code]) => codes.includes(code as Code) || !code.endsWith("Timeout") }),
          affordable({ processorMs: costMs, elapsedMs: attempt.requestMs + 1_000, mebibytes: 64 })
        )
        assert.include(codes, code)
      })
  )
})
