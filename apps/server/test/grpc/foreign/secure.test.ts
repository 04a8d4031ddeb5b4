/** TLS and mutual TLS with foreign clients, and what they see through reflection alone. */
import { assert, describe, it } from "@effect/vitest"
import { status as statusOf } from "@grpc/grpc-js"
import { VerificationService } from "@posh/api/grpc"
import { Effect, Layer } from "effect"
import { Callers } from "../../../src/access/Callers.ts"
import { methods } from "../../../src/methods.ts"
import { certificates, fleetKeys, toTls, trust } from "../../access/world.ts"
import { Service } from "../../service.ts"
import { layerAnswering } from "../../service/inquiries.ts"
import { verified } from "../../service/verdicts.ts"
import { messageOf, openDriver, plain } from "./Driver.ts"
import { Drivers, languages } from "./Drivers.ts"

const verifier = layerAnswering({ recall: () => verified, verify: () => Effect.succeed(verified) })
const { method } = VerificationService
const question = {
  domain: "a.example",
  service: "xmpp-server",
  presented: { case: "certificate", value: "MAA=" }
} as const
const options = { excludeTestServices: true, timeout: 600_000 } as const
const services = [...new Set(methods.map((name) => name.split("/")[0] ?? ""))].filter((name) => name !== "other")

describe("TLS with keys", () => {
  const service = Service.layer(verifier, { grpc: true, callers: fleetKeys.callers, tls: toTls("server") })
  it.layer(Layer.merge(service, Drivers.layer), options)((it) => {
    const headers = fleetKeys.bearer("verify")
    it.effect.each(languages)("%s: the right CA, and no other", (language) =>
      Effect.gen(function*() {
        const { grpcUrl: url } = yield* Service
        const { call } = yield* openDriver(language, { url, ca: trust.ca })
        assert.isTrue(messageOf(method.verify, yield* call(method.verify, { question }, { headers })).answer?.valid)
        for (const secure of [{ ca: certificates.strangeCa.pem }, {}]) {
          const other = yield* openDriver(language, { url, ...secure })
          const { message, status = -1 } = yield* other.call(method.verify, { question }, { headers, timeoutMs: 5_000 })
          assert.deepStrictEqual([statusOf[status], message], ["UNAVAILABLE", undefined])
        }
      }).pipe(Effect.scoped))

    it.effect.each(["v1", "v1alpha"])(
      "Python, by reflection %s: without a key it sees what there is, with one it asks",
      (version) =>
        Effect.gen(function*() {
          const { begin } = yield* openDriver("Python", { url: (yield* Service).grpcUrl, ca: trust.ca })
          const request = {
            question: { domain: "a.example", service: "xmpp-server", certificate: "MAA=", explain: true }
          }
          const command = { do: "reflect", version, method: "posh.v1.VerificationService/Verify", request }
          const { message = {} as never, status } = yield* begin({ ...command, ...plain({ headers }) }).next
          const { files, message: answered, ...seen } = message as Record<string, never>
          assert.strictEqual(status, 0)
          assert.deepStrictEqual<object>(seen, {
            services,
            methods: method.verify.parent.methods.map(({ name }) => name),
            fault: statusOf.NOT_FOUND
          })
          assert.include<string>(files as never, "google/protobuf/timestamp.proto")
          const { answer } = messageOf(method.verify, { id: 0, message: answered as never })
          assert.deepStrictEqual([answer?.valid, answer?.evidence?.attempts.length], [true, 2])
          const refused = yield* begin({ ...command, ...plain() }).next
          assert.strictEqual(refused.reason, "Unauthorized")
        }).pipe(Effect.scoped)
    )
  })
})

describe("mutual TLS", () => {
  const byCertificate = Callers.layer({ apiKeys: undefined, apiKeysFile: undefined }, { byCertificate: true })
  const service = Service.layer(verifier, { grpc: true, callers: byCertificate, tls: toTls("server", "fleetCa") })
  it.layer(Layer.merge(service, Drivers.layer), options)((it) => {
    it.effect.each(languages)("%s: a certificate of the client CA, and no other", (language) =>
      Effect.gen(function*() {
        const { grpcUrl: url } = yield* Service
        const of = ({ keyPem, pem }: { readonly keyPem: string; readonly pem: string }) => ({ cert: pem, key: keyPem })
        const { good, foreign } = certificates
        const { call } = yield* openDriver(language, { url, ca: trust.ca, ...of(good) })
        assert.isTrue(messageOf(method.verify, yield* call(method.verify, { question })).answer?.valid)
        const lint = yield* call(method.lintDocument, { document: "{}", generation: "draft" })
        assert.strictEqual(lint.reason, "Forbidden")
        for (const secure of [of(foreign), {}]) {
          const other = yield* openDriver(language, { url, ca: trust.ca, ...secure })
          const { message, status = -1 } = yield* other.call(method.verify, { question }, { timeoutMs: 5_000 })
          assert.deepStrictEqual([statusOf[status], message], ["UNAVAILABLE", undefined])
        }
      }).pipe(Effect.scoped))
  })
})
