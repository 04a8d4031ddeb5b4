/**
 * gRPC-Web and Connect, whose callers have the limits of gRPC; and TLS that never becomes HTTP/2.
 */
import { type Client, createClient, type Transport } from "@connectrpc/connect"
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node"
import { assert, describe, it } from "@effect/vitest"
import { VerificationService } from "@posh/api/grpc"
import { Effect } from "effect"
import { connect } from "node:net"
import { connect as connectTls } from "node:tls"
import { fleetKeys, trust } from "../access/world.ts"
import { until } from "../process/processes.ts"
import { Service } from "../service.ts"
import { layerAnswering } from "../service/inquiries.ts"
import { verified } from "../service/verdicts.ts"
import { question } from "./wire.ts"

const verifier = layerAnswering({ recall: () => verified, verify: () => Effect.succeed(verified) })

const transports = [
  ["gRPC", createGrpcTransport, {}],
  ["gRPC-Web", createGrpcWebTransport, {}],
  ["Connect in protobuf", createConnectTransport, { useBinaryFormat: true }],
  ["Connect in JSON", createConnectTransport, { useBinaryFormat: false }]
] as const

/** `[code]` of what was refused, or `answered`. */
const outcome = <A>(ask: () => Promise<A>) =>
  Effect.promise(() =>
    ask().then(() => "answered", (cause: unknown) => /^\[\w+\]/.exec(String((cause as Error).message))?.[0])
  )

describe.each(transports)("%s", (_, make, options) => {
  const clientFor = (url: string | undefined): Client<typeof VerificationService> =>
    createClient(
      VerificationService,
      (make as (options: object) => Transport)({ baseUrl: url ?? "", httpVersion: "2", ...options })
    )
  const { callers } = fleetKeys
  it.layer(Service.layer(verifier, { grpc: true, callers, limits: { callerRate: 1 } }), { excludeTestServices: true })(
    (it) => {
      it.effect("has the limits and the keys of gRPC", () =>
        Effect.gen(function*() {
          const client = clientFor((yield* Service).grpcUrl)
          const headers = fleetKeys.bearer("verify")
          const asked = question()
          const long = { ...asked, presented: { case: "certificate", value: "A".repeat(1024 * 1024) } } as const
          const many = Array.from({ length: 1_001 }, () => ({ question: asked }))
          assert.strictEqual(yield* outcome(() => client.verify({ question: asked })), "[unauthenticated]")
          assert.strictEqual(
            yield* outcome(() => client.lintDocument({ document: "{}" }, { headers })),
            "[permission_denied]"
          )
          assert.strictEqual(
            yield* outcome(() => client.verify({ question: long }, { headers })),
            "[resource_exhausted]"
          )
          assert.strictEqual(
            yield* outcome(() => client.batchVerify({ requests: many }, { headers })),
            "[invalid_argument]"
          )
          assert.strictEqual(yield* outcome(() => client.verify({ question: asked }, { headers })), "answered")
          const refused = yield* Effect.repeat(outcome(() => client.verify({ question: asked }, { headers })), {
            until: (code) => code !== "answered"
          })
          assert.strictEqual(refused, "[resource_exhausted]", "its rate")
        }), 20_000)
    }
  )
})

describe("TLS", () => {
  it.layer(Service.layer(verifier, { grpc: true, tls: fleetKeys.serverTls }), { excludeTestServices: true })((it) => {
    it.effect(
      "a connection without a handshake has ten seconds, and so has one of another protocol",
      () =>
        Effect.gen(function*() {
          const { port } = new URL((yield* Service).grpcUrl ?? "")
          const address = { port: Number(port), host: "127.0.0.1" }
          const secure = { ...address, ...trust, servername: "posh.example" }
          const silent = connect(address).on("error", () => {}).resume()
          const begun = connect(address, () => void begun.write(Buffer.from("1603010200", "hex"))).on("error", () => {})
            .resume()
          const plain = connect(address, () => void plain.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")).on(
            "error",
            () => {}
          ).resume()
          const old = connectTls({ ...secure, ALPNProtocols: ["http/1.1"] }).on("error", () => {}).resume()
          const none = connectTls(secure, () => void none.write("GET / HTTP/1.1\r\n\r\n")).on("error", () => {})
            .resume()
          yield* until(() => plain.destroyed && old.destroyed, 5_000)
          yield* until(() => silent.destroyed && begun.destroyed && none.destroyed, 25_000)
        }),
      30_000
    )
  })
})
