import { create, type DescMethod, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf"
import { createClient } from "@connectrpc/connect"
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node"
import { assert, describe, it } from "@effect/vitest"
import type { ClientDuplexStream } from "@grpc/grpc-js"
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
  reflectionV1,
  reflectionV1Alpha,
  VerificationService,
  type VerifyStreamResponse
} from "@posh/api/grpc"
import { Effect, Latch } from "effect"
import { methods } from "../../src/methods.ts"
import { Readiness } from "../../src/service/Readiness.ts"
import { Service } from "../service.ts"
import { domainOf, layerAnswering } from "../service/inquiries.ts"
import { verified } from "../service/verdicts.ts"
import { type GrpcClient, openClient, pathOf } from "./client.ts"

const latch = Latch.makeUnsafe()
const state = { asked: 0 }
const verifier = layerAnswering({
  recall: (inquiry) => domainOf(inquiry) === "remembered.example" ? verified : undefined,
  verify: (inquiry) => {
    state.asked += 1
    return domainOf(inquiry) === "late.example" ? Effect.as(latch.await, verified) : Effect.succeed(verified)
  }
})

const { method } = VerificationService

const open = <M extends DescMethod>({ client }: GrpcClient, called: M) =>
  client.makeBidiStreamRequest(
    pathOf(called),
    (message: MessageInitShape<M["input"]>) =>
      Buffer.from(toBinary(called.input, create(called.input, message) as never)),
    (octets) => fromBinary(called.output, octets) as never
  ) as ClientDuplexStream<MessageInitShape<M["input"]>, never>

const request = (id: string, domain: string, more: object = {}) => ({
  request: {
    id,
    question: { domain, service: "xmpp-server", presented: { case: "certificate", value: "MAA=" } as const, ...more }
  }
})

const results = (stream: ClientDuplexStream<never, VerifyStreamResponse>, count: number) =>
  Effect.callback<ReadonlyArray<VerifyStreamResponse>, Error>((resume) => {
    const got: Array<VerifyStreamResponse> = []
    stream.on("data", (message: VerifyStreamResponse) => {
      got.push(message)
      if (got.length === count) resume(Effect.succeed(got))
    })
    stream.on("error", (error) => resume(Effect.fail(error)))
    stream.on("end", () => resume(Effect.succeed(got)))
  })

describe("streams", () => {
  it.layer(Service.layer(verifier, { grpc: true }), { excludeTestServices: true })((it) => {
    it.effect("results come as they are ready, problems among them", () =>
      Effect.gen(function*() {
        const stream = open(yield* openClient((yield* Service).grpcUrl), method.verifyStream)
        stream.write(request("late", "late.example"))
        stream.write(request("now", "remembered.example"))
        stream.write(request("bad", "a.example", { deadlineMs: 1 }))
        stream.write({})
        const first = yield* results(stream as never, 3)
        assert.sameDeepMembers(
          first.map(({ result }) => [result?.id, result?.result.case]),
          [["now", "answer"], ["bad", "problem"], [undefined, "problem"]]
        )
        const bad = first.find(({ result }) => result?.id === "bad")?.result?.result
        assert.strictEqual(bad?.case === "problem" ? bad.value.field : "", "request.question.deadline_ms")
        yield* latch.open
        stream.end()
        const [last] = yield* results(stream as never, 1)
        assert.strictEqual(last?.result?.id, "late")
      }), 20_000)

    it.effect("1,000 at once, each with its own", () =>
      Effect.gen(function*() {
        const client = yield* openClient((yield* Service).grpcUrl)
        const all = yield* Effect.forEach(Array.from({ length: 1_000 }, (_, index) => String(index)), (id) =>
          Effect.suspend(() => {
            const stream = open(client, method.verifyStream)
            for (let turn = 0; turn < 3; turn += 1) {
              stream.write(request(`${id}.${turn}`, "remembered.example"))
            }
            stream.end()
            return Effect.map(results(stream as never, 3), (got) =>
              got.every(({ result }) =>
                result?.id?.startsWith(`${id}.`)
              ))
          }), { concurrency: 1_000 })
        assert.isTrue(all.every((isOwn) =>
          isOwn === true
        ))
      }), 60_000)
  })
})

describe("health", () => {
  it.layer(Service.layer(verifier, { grpc: true }), { excludeTestServices: true })((it) => {
    it.effect("follows the readiness", () =>
      Effect.gen(function*() {
        const { become } = yield* Readiness
        const { call, client } = yield* openClient((yield* Service).grpcUrl)
        const check = (service: string) => Effect.map(call(Health.method.check, { service }), ({ status }) => status)
        yield* become("ready")
        const seen: Array<number> = []
        const watch = client.makeServerStreamRequest(
          pathOf(Health.method.watch),
          () => Buffer.alloc(0),
          (octets) => fromBinary(Health.method.watch.output, octets),
          {}
        )
        watch.on("data", ({ status }) => seen.push(status)).on("error", () => {})
        const until = (length: number) =>
          Effect.suspend(() => Effect.sleep(20)).pipe(
            Effect.repeat({ until: () => seen.length >= length }),
            Effect.timeout(5_000)
          )
        yield* until(1)
        assert.strictEqual(yield* check(""), Status.SERVING)
        assert.strictEqual(yield* check("posh.v1.VerificationService"), Status.SERVING)
        yield* become("stopping")
        yield* until(2)
        assert.strictEqual(yield* check(""), Status.NOT_SERVING)
        assert.deepStrictEqual(seen, [Status.SERVING, Status.NOT_SERVING])
        assert.strictEqual((yield* Effect.flip(check("gopher"))).status, "NOT_FOUND")
        watch.cancel()
      }), 20_000)
  })
})

describe("reflection", () => {
  it.layer(Service.layer(verifier, { grpc: true }), { excludeTestServices: true })((it) => {
    for (
      const { method: { serverReflectionInfo }, typeName } of [
        reflectionV1.ServerReflection,
        reflectionV1Alpha.ServerReflection
      ]
    ) {
      it.effect(typeName, () =>
        Effect.gen(function*() {
          const client = yield* openClient((yield* Service).grpcUrl)
          const ask = (messageRequest: object) => {
            const stream = open(
              client,
              serverReflectionInfo as typeof reflectionV1.ServerReflection.method.serverReflectionInfo
            )
            stream.write({ messageRequest } as never)
            stream.end()
            return Effect.map(
              results(stream as never, 1),
              ([answer]) => (answer as unknown as reflectionV1.ServerReflectionResponse).messageResponse
            )
          }
          const listed = yield* ask({ case: "listServices", value: "" })
          assert.deepStrictEqual(
            listed.case === "listServicesResponse" ? listed.value.service.map(({ name }) => name) : [],
            [...new Set(methods.map((name) => name.split("/")[0] ?? ""))].filter((name) => name !== "other")
          )
          for (
            const [kind, value] of [
              ["fileContainingSymbol", "posh.v1.VerificationService"],
              ["fileContainingSymbol", "posh.v1.VerificationService.Verify"],
              ["fileContainingSymbol", "posh.v1.Answer"],
              ["fileContainingSymbol", "google.protobuf.Timestamp"],
              ["fileByFilename", "posh/v1/question.proto"]
            ] as const
          ) {
            assert.strictEqual((yield* ask({ case: kind, value })).case, "fileDescriptorResponse", value)
          }
          assert.strictEqual((yield* ask({ case: "fileContainingSymbol", value: "gopher" })).case, "errorResponse")
        }))
    }
  })
})

describe("the other protocols of the same port", () => {
  it.layer(Service.layer(verifier, { grpc: true }), { excludeTestServices: true })((it) => {
    for (
      const [name, make] of [
        ["gRPC", createGrpcTransport],
        ["gRPC-Web", createGrpcWebTransport],
        ["Connect", createConnectTransport]
      ] as const
    ) {
      it.effect(name, () =>
        Effect.gen(function*() {
          const client = createClient(
            VerificationService,
            make({ baseUrl: (yield* Service).grpcUrl ?? "", httpVersion: "2" })
          )
          const { question } = request("", "remembered.example").request
          const { answer } = yield* Effect.promise(() => client.verify({ question }))
          assert.isTrue(answer?.valid)
          const failure = yield* Effect.promise(() =>
            client.verify({ question: { ...question, deadlineMs: 1 } }).then(() => undefined, (cause: unknown) => cause)
          )
          assert.include(String(failure), "[invalid_argument]")
        }))
    }
  })
})
