/** Streams whose caller has gone, or whose deadline is over: what was being done for them is given up at once. */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf"
import { assert, describe, it } from "@effect/vitest"
import { Health, VerificationService } from "@posh/api/grpc"
import { Deferred, Effect, Layer } from "effect"
import { type ClientHttp2Stream, connect } from "node:http2"
import { Overall } from "../../src/service/Overall.ts"
import { Service } from "../service.ts"
import { domainOf, layerAnswering } from "../service/inquiries.ts"
import { verified } from "../service/verdicts.ts"
import { openClient, pathOf } from "./client.ts"

/** Begins, and goes on until it is interrupted. */
const makeEndless = () => {
  const [began, interrupted] = [Deferred.makeUnsafe<void>(), Deferred.makeUnsafe<void>()]
  const effect = Effect.andThen(Deferred.succeed(began, undefined), Effect.never).pipe(
    Effect.onInterrupt(() => Deferred.succeed(interrupted, undefined))
  )
  return { began: Deferred.await(began), effect, interrupted: Deferred.await(interrupted) }
}

const endless = { "cancelled.example": makeEndless(), "lost.example": makeEndless(), "late.example": makeEndless() }
const verifier = layerAnswering({
  verify: (inquiry) => {
    const name = domainOf(inquiry)
    return Object.hasOwn(endless, name) ? endless[name as keyof typeof endless].effect : Effect.succeed(verified)
  }
})

const { verifyStream } = VerificationService.method
const octetsOf = (domain: keyof typeof endless) =>
  toBinary(
    verifyStream.input,
    create(verifyStream.input, {
      request: { question: { domain, service: "xmpp-server", presented: { case: "certificate", value: "MAA=" } } }
    })
  )

const open = (domain: keyof typeof endless, more: object = {}) =>
  Effect.gen(function*() {
    const session = connect((yield* Service).grpcUrl ?? "")
    const headers = { "content-type": "application/grpc", te: "trailers", ...more }
    const stream = session.request({ ":method": "POST", ":path": pathOf(verifyStream), ...headers })
    const octets = octetsOf(domain)
    const prefix = Buffer.alloc(5)
    prefix.writeUInt32BE(octets.length, 1)
    stream.write(Buffer.concat([prefix, octets]))
    session.on("error", () => undefined)
    return { session, stream: stream.on("error", () => undefined) }
  })

const statusOf = (stream: ClientHttp2Stream) =>
  Effect.callback<unknown>((resume) => {
    stream.on("trailers", (trailers) => resume(Effect.succeed(trailers["grpc-status"]))).resume()
  })

describe("the questions of a stream", () => {
  it.layer(Service.layer(verifier, { grpc: true }), { excludeTestServices: true })((it) => {
    it.effect("whose caller cancels it", () =>
      Effect.gen(function*() {
        const { client } = yield* openClient((yield* Service).grpcUrl)
        const stream = client.makeBidiStreamRequest(
          pathOf(verifyStream),
          (octets: Uint8Array) => Buffer.from(octets),
          (octets) => fromBinary(verifyStream.output, octets)
        )
        stream.on("error", () => undefined).resume()
        stream.write(octetsOf("cancelled.example"))
        yield* endless["cancelled.example"].began
        stream.cancel()
        yield* endless["cancelled.example"].interrupted
      }).pipe(Effect.scoped), 10_000)

    it.effect("whose connection is lost", () =>
      Effect.gen(function*() {
        const { session } = yield* open("lost.example")
        yield* endless["lost.example"].began
        session.destroy()
        yield* endless["lost.example"].interrupted
      }), 10_000)

    it.effect("whose deadline is over, also if its caller does not end it", () =>
      Effect.gen(function*() {
        const { session, stream } = yield* open("late.example", { "grpc-timeout": "300m" })
        yield* endless["late.example"].began
        assert.strictEqual(yield* statusOf(stream), "4")
        yield* endless["late.example"].interrupted
        session.destroy()
      }), 10_000)
  })
})

describe("a watch", () => {
  const looks = makeEndless()
  let count = 0
  const overall = Layer.succeed(Overall, {
    state: Effect.suspend(() => (count += 1) === 1 ? Effect.succeed("ready" as const) : looks.effect),
    metrics: Effect.succeed("")
  })
  it.layer(Service.layer(verifier, { grpc: true }).pipe(Layer.provide(overall)), { excludeTestServices: true })(
    (it) => {
      it.effect("whose caller has gone looks no more", () =>
        Effect.gen(function*() {
          const { client } = yield* openClient((yield* Service).grpcUrl)
          const { watch } = Health.method
          const watched = client.makeServerStreamRequest(pathOf(watch), () => Buffer.alloc(0), (octets) => octets, {})
          watched.on("error", () => undefined).resume()
          yield* looks.began
          watched.cancel()
          yield* looks.interrupted
        }).pipe(Effect.scoped), 10_000)
    }
  )
})
