/**
 * A stream lasts as long as its caller likes; what the caller may do is asked anew at each of its questions, as at each request on HTTP.
 */
import { assert, describe, it } from "@effect/vitest"
import { problem } from "@posh/api"
import { Effect, Layer, Result } from "effect"
import { connect as connectTls } from "node:tls"
import { Callers } from "../../src/access/Callers.ts"
import { GrpcListener } from "../../src/grpc/listener/GrpcListener.ts"
import type { Caller } from "../../src/service/Caller.ts"
import { certificates, toTls, trust } from "../access/world.ts"
import { until } from "../process/processes.ts"
import { Service } from "../service.ts"
import { layerAnswering } from "../service/inquiries.ts"
import { verified } from "../service/verdicts.ts"
import {
  endOf,
  headersOf,
  openSession,
  resultsOf,
  statusOf,
  streamBody,
  streamPath,
  verifyBody,
  verifyPath
} from "./wire.ts"

const verifier = layerAnswering({ recall: () => verified, verify: () => Effect.succeed(verified) })

/** A stream with one question, which has its answer. */
const openStream = (options: object = {}) =>
  Effect.gen(function*() {
    const session = yield* openSession(options)
    const stream = session.request(headersOf(streamPath))
    const results = resultsOf(stream)
    stream.write(streamBody("first"))
    yield* until(() => results.length === 1, 5_000)
    return { end: endOf(stream), results, session, stream }
  })

const caller: Caller = { name: "fleet", account: "fleet", scope: "verify" }
const state: { known: Result.Result<Caller, { readonly problem: ReturnType<typeof problem> }> } = {
  known: Result.succeed(caller)
}
const callers = Layer.succeed(Callers, { identify: () => state.known })

describe("a caller that loses its access while its stream is open", () => {
  it.layer(Service.layer(verifier, { grpc: true, callers }), { excludeTestServices: true })((it) => {
    it.effect.each(
      [
        ["by its key", Result.fail({ problem: problem("Unauthorized", "The key is not known here.") }), "16"],
        ["by its scope", Result.succeed<Caller>({ name: "fleet", account: "fleet" }), "7"]
      ] as const
    )("%s", ([, lost, expected]) =>
      Effect.gen(function*() {
        state.known = Result.succeed(caller)
        const { end, results, stream } = yield* openStream()
        state.known = lost
        stream.write(streamBody("second"))
        assert.strictEqual(yield* end, expected)
        assert.lengthOf(results, 1)
      }), 10_000)
  })
})

describe("files of TLS that change", () => {
  const byCertificate = Callers.layer({ apiKeys: undefined, apiKeysFile: undefined }, { byCertificate: true })
  const { good, renewed, server } = certificates
  const client = { ...trust, cert: good.pem, key: good.keyPem, servername: "posh.example" }
  const layer = () => Service.layer(verifier, { grpc: true, callers: byCertificate, tls: toTls("server", "fleetCa") })
  const presentedBy = (url: string | undefined) =>
    Effect.callback<string>((resume) => {
      const { port } = new URL(url ?? "")
      const socket = connectTls({ port: Number(port), host: "127.0.0.1", ALPNProtocols: ["h2"], ...client }, () => {
        resume(Effect.succeed(socket.getPeerCertificate().serialNumber))
        socket.destroy()
      })
    })
  const serial = ({ pem }: { readonly pem: string }) =>
    new (process.getBuiltinModule("node:crypto").X509Certificate)(pem).serialNumber

  it.layer(layer(), { excludeTestServices: true })((it) => {
    it.effect(
      "a new certificate of the service: for new connections; open streams go on",
      () =>
        Effect.gen(function*() {
          const { renew } = yield* GrpcListener
          const { grpcUrl } = yield* Service
          assert.strictEqual(yield* presentedBy(grpcUrl), serial(server))
          const { results, stream } = yield* openStream(client)
          renew(toTls("renewed", "fleetCa"))
          assert.strictEqual(yield* presentedBy(grpcUrl), serial(renewed))
          stream.write(streamBody("second"))
          yield* until(() => results.length === 2, 5_000)
        }),
      10_000
    )
  })

  it.layer(layer(), { excludeTestServices: true })((it) => {
    it.effect(
      "another client CA: an open stream ends at its next question, and its caller is not let in again",
      () =>
        Effect.gen(function*() {
          const { renew } = yield* GrpcListener
          const { end, results, session, stream } = yield* openStream(client)
          renew(toTls("server", "strangeCa"))
          stream.write(streamBody("second"))
          assert.strictEqual(yield* end, "14")
          assert.lengthOf(results, 1)
          yield* until(() => session.closed, 5_000)
          const again = yield* openSession(client)
          const lost = Effect.callback<string>((resume) =>
            void again.once("close", () => resume(Effect.succeed("closed")))
          )
          const asked = Effect.raceFirst(statusOf(again, headersOf(verifyPath), verifyBody()), lost)
          assert.notStrictEqual(yield* asked, "0")
        }),
      10_000
    )
  })
})
