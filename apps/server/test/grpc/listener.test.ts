/**
 * The listener: TLS, client certificates, and its end.
 */
import { assert, describe, it } from "@effect/vitest"
import { credentials } from "@grpc/grpc-js"
import { VerificationService } from "@posh/api/grpc"
import { Context, Deferred, Effect, Exit, Fiber, Layer, Result, Scope } from "effect"
import { type AddressInfo, createServer, type Server } from "node:net"
import { Callers } from "../../src/access/Callers.ts"
import { readSettings } from "../../src/config/Config.ts"
import { GrpcListener } from "../../src/grpc/listener/GrpcListener.ts"
import { grpcPlaceOf } from "../../src/grpc/listener/place.ts"
import { certificates, toTls, trust } from "../access/world.ts"
import { Service } from "../service.ts"
import { domainOf, layerAnswering } from "../service/inquiries.ts"
import { verified } from "../service/verdicts.ts"
import { openClient } from "./client.ts"

const began = Deferred.makeUnsafe<void>()
const verifier = layerAnswering({
  recall: (inquiry) => domainOf(inquiry) === "slow.example" ? undefined : verified,
  verify: () => Effect.andThen(Deferred.succeed(began, undefined), Effect.as(Effect.sleep("300 millis"), verified))
})

const { method } = VerificationService
const question = (domain: string) =>
  ({ question: { domain, service: "xmpp-server", presented: { case: "certificate", value: "MAA=" } } }) as const

describe("mutual TLS", () => {
  const byCertificate = Callers.layer({ apiKeys: undefined, apiKeysFile: undefined }, { byCertificate: true })
  it.layer(Service.layer(verifier, { grpc: true, callers: byCertificate, tls: toTls("server", "fleetCa") }), {
    excludeTestServices: true
  })((it) => {
    const { good } = certificates
    const ca = Buffer.from(trust.ca)
    it.effect("a certificate of the client CA has the scope verify", () =>
      Effect.gen(function*() {
        const { grpcUrl } = yield* Service
        const secure = credentials.createSsl(ca, Buffer.from(good.keyPem), Buffer.from(good.pem))
        const { call } = yield* openClient(grpcUrl, secure)
        assert.isTrue((yield* call(method.verify, question("a.example"))).answer?.valid)
        const { reason } = yield* Effect.flip(call(method.lintDocument, { document: "{}", generation: "draft" }))
        assert.strictEqual(reason, "Forbidden")
      }))

    it.effect("no certificate: no connection", () =>
      Effect.gen(function*() {
        const { call } = yield* openClient((yield* Service).grpcUrl, credentials.createSsl(ca))
        const { status } = yield* Effect.flip(call(method.verify, question("a.example")))
        assert.strictEqual(status, "UNAVAILABLE")
      }))
  })
})

describe("the port", () => {
  it("is the usual one where no other listener of the service has it, unless one is given", () => {
    const place = (given: Record<string, string>) => grpcPlaceOf(Result.getOrThrow(readSettings(given)))
    assert.deepStrictEqual(place({}), { port: 8_081, isRequired: false })
    assert.isUndefined(place({ POSH_PORT: "8081" }))
    assert.isUndefined(place({ POSH_OPS_PORT: "8081" }))
    assert.deepStrictEqual(place({ POSH_GRPC_PORT: "8081" }), { port: 8_081, isRequired: true })
    assert.deepStrictEqual(place({ POSH_GRPC_PORT: "0" }), { port: 0, isRequired: true })
    assert.isUndefined(place({ POSH_GRPC_PORT: "off" }))
    assert.isTrue(Result.isFailure(readSettings({ POSH_PORT: "8081", POSH_GRPC_PORT: "8081" })))
  })

  it.live("something else has it: HTTP answers all the same if it was not given, else nothing starts", () =>
    Effect.gen(function*() {
      const other = yield* Effect.acquireRelease(
        Effect.callback<Server>((resume) => {
          const server = createServer().listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
        }),
        (server) => Effect.callback<void>((resume) => void server.close(() => resume(Effect.void)))
      )
      const { port } = other.address() as AddressInfo
      const build = (isRequired: boolean) => Layer.build(Service.layer(verifier, { grpc: { port, isRequired } }))
      const { ask, grpcUrl } = Context.get(yield* build(false), Service)
      assert.isUndefined(grpcUrl)
      assert.strictEqual((yield* ask("/health/live")).status, 200)
      assert.isTrue(Exit.isFailure(yield* Effect.exit(build(true))))
    }).pipe(Effect.scoped))
})

describe("the end", () => {
  it.live("what is under way is answered, and then nothing is accepted", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const listening = Effect.all([Service, GrpcListener])
      const context = yield* Layer.buildWithScope(Service.layer(verifier, { grpc: true }), scope)
      const [{ grpcUrl }, listener] = yield* Effect.provideContext(listening, context)
      const { call } = yield* openClient(grpcUrl)
      const asked = yield* Effect.forkChild(call(method.verify, question("slow.example")))
      yield* Deferred.await(began)
      yield* listener.drain
      yield* listener.stop
      assert.isTrue((yield* Fiber.join(asked)).answer?.valid)
      const late = yield* openClient(grpcUrl)
      const { status } = yield* Effect.flip(late.call(method.verify, question("a.example")))
      assert.strictEqual(status, "UNAVAILABLE")
      yield* Scope.close(scope, Exit.void)
    }).pipe(Effect.scoped), 20_000)
})
