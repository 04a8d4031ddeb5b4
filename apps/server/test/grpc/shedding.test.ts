/**
 * One service behind both transports: what one of them has under way, the other cannot have as well.
 */
import { assert, describe, it } from "@effect/vitest"
import { Health, VerificationService } from "@posh/api/grpc"
import { Effect, Fiber, Latch } from "effect"
import { until } from "../process/processes.ts"
import { jsonBody, Service } from "../service.ts"
import { domainOf, layerAnswering } from "../service/inquiries.ts"
import { verified } from "../service/verdicts.ts"
import { openClient } from "./client.ts"
import { headersOf, openSession, question, resultsOf, streamBody, streamPath } from "./wire.ts"

const latch = Latch.makeUnsafe()
const state = { asked: 0 }
const verifier = layerAnswering({
  recall: (inquiry) => domainOf(inquiry) === "warm.example" ? verified : undefined,
  verify: () => Effect.andThen(Effect.sync(() => void (state.asked += 1)), Effect.as(latch.await, verified))
})
const { method } = VerificationService

const overHttp = (domain: string) =>
  Effect.flatMap(
    Service,
    ({ ask }) =>
      Effect.map(ask("/v1/verify", jsonBody({ domain, service: "xmpp-server", certificate: "MII" })), ({ status }) =>
        status)
  )

const overGrpc = (domain: string) =>
  Effect.gen(function*() {
    const { call } = yield* openClient((yield* Service).grpcUrl)
    return yield* call(method.verify, { question: question(domain) })
  }).pipe(Effect.scoped)

/** Three of the four places, which are all of one caller. */
const fill = <A, E, R>(ask: (domain: string) => Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    yield* latch.close
    state.asked = 0
    const asked = yield* Effect.forEach(["a", "b", "c"], (name) => Effect.forkChild(ask(`${name}.example`)))
    yield* until(() => state.asked === 3, 5_000)
    return Effect.andThen(latch.open, Effect.forEach(asked, Fiber.join))
  })

describe("a service that is full", () => {
  it.layer(Service.layer(verifier, { grpc: true, limits: { maxInFlight: 4 } }), { excludeTestServices: true })((it) => {
    it.effect("with questions over HTTP, refuses those over gRPC, and answers probes", () =>
      Effect.gen(function*() {
        const stream = (yield* openSession()).request(headersOf(streamPath))
        const results = resultsOf(stream)
        stream.write(streamBody("before", "warm.example"))
        yield* until(() => results.length === 1, 5_000)
        const finish = yield* fill(overHttp)
        const { reason, retryMs, status } = yield* Effect.flip(overGrpc("warm.example"))
        assert.deepStrictEqual([status, reason, retryMs], ["UNAVAILABLE", "Overloaded", 1_000])
        stream.write(streamBody("meanwhile", "d.example"))
        yield* until(() => results.length === 2, 5_000)
        assert.deepStrictEqual(results[1], { id: "meanwhile", case: "problem" })
        const { call } = yield* openClient((yield* Service).grpcUrl)
        yield* call(Health.method.check, {})
        assert.deepStrictEqual(yield* finish, [200, 200, 200])
        assert.isTrue((yield* overGrpc("warm.example")).answer?.valid)
      }), 20_000)

    it.effect("with questions over gRPC, refuses those over HTTP", () =>
      Effect.gen(function*() {
        const finish = yield* fill(overGrpc)
        assert.strictEqual(yield* overHttp("warm.example"), 503)
        assert.strictEqual((yield* (yield* Service).ask("/health/live")).status, 200)
        assert.isTrue((yield* finish).every(({ answer }) => answer?.valid))
        assert.strictEqual(yield* overHttp("warm.example"), 200)
      }), 20_000)

    it.effect("with questions of a stream, refuses those over HTTP", () =>
      Effect.gen(function*() {
        const stream = (yield* openSession()).request(headersOf(streamPath))
        const results = resultsOf(stream)
        yield* latch.close
        state.asked = 0
        for (const name of ["a", "b", "c"]) stream.write(streamBody(name, `${name}.example`))
        yield* until(() => state.asked === 3, 5_000)
        assert.strictEqual(yield* overHttp("warm.example"), 503)
        yield* latch.open
        yield* until(() => results.length === 3, 5_000)
      }), 20_000)
  })
})
