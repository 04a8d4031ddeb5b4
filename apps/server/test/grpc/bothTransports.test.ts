/**
 * One table of questions over both transports: an answer, and a problem, cannot differ.
 */
import { assert, layer } from "@effect/vitest"
import type { Answer, Association, BatchResponse, Problem } from "@posh/api"
import { VerificationService } from "@posh/api/grpc"
import { Effect, Result } from "effect"
import { fleetKeys } from "../access/world.ts"
import { Service } from "../service.ts"
import { answerJson, associationJson, cleaned } from "./asJson.ts"
import { openClient } from "./client.ts"
import { grpcField, layerDeployed, timeless } from "./deployed.ts"
import { type Members, rows, toMessage, World } from "./questions.ts"

const { method } = VerificationService
const service = "xmpp-server"

layer(layerDeployed, { excludeTestServices: true, timeout: 120_000 })("over both transports", (it) => {
  it.effect.each(rows)("%s", ([, toQuestion, expected]) =>
    Effect.gen(function*() {
      const { ask, grpcUrl } = yield* Service
      const question = toQuestion(yield* World)
      const { call } = yield* openClient(grpcUrl)
      const headers = fleetKeys.bearer("verify")
      const http = yield* ask("/v1/verify", {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify(question)
      })
      const grpc = yield* Effect.result(call(method.verify, { question: toMessage(question) }, { headers }))
      if (http.status === 200) {
        const { answer } = Result.getOrThrow(grpc)
        assert.strictEqual((http.json as Answer).code, expected)
        assert.deepStrictEqual(timeless(answerJson(answer!)), timeless(http.json))
        return
      }
      const failure = Result.getOrThrow(Result.flip(grpc))
      const problem = http.json as Problem
      assert.strictEqual(problem.code, expected)
      assert.deepStrictEqual(
        { reason: failure.reason, field: failure.field, message: failure.message },
        { reason: problem.code, field: grpcField(problem.field), message: problem.detail }
      )
    }))

  it.effect("all of them in one batch", () =>
    Effect.gen(function*() {
      const { ask, grpcUrl } = yield* Service
      const world = yield* World
      const { call } = yield* openClient(grpcUrl)
      const headers = fleetKeys.bearer("verify")
      const questions = rows.map(([id, toQuestion]): Members => Object.assign({ id }, toQuestion(world)))
      const http = yield* ask("/v1/verify/batch", {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify({ requests: questions })
      })
      const { results } = yield* call(method.batchVerify, {
        requests: questions.map(({ id, ...question }) => ({ id: String(id), question: toMessage(question) }))
      }, { headers })
      const ofGrpc = results.map(({ id, result }) => ({
        id,
        answer: result.case === "answer" ? answerJson(result.value) : undefined,
        code: result.case === "problem" ? result.value.code : undefined,
        field: result.case === "problem" ? result.value.field : undefined
      }))
      const ofHttp = (http.json as BatchResponse).results.map(({ answer, id, problem }, index) => {
        const place = `requests[${index}]`
        const field = problem?.field === place ? "" : `.${grpcField(problem?.field?.slice(place.length + 1))}`
        return { id, answer, code: problem?.code, field: problem === undefined ? undefined : `${place}${field}` }
      })
      assert.deepStrictEqual(timeless(ofGrpc), timeless(ofHttp))
    }))

  for (const domain of ["rfc.example", "draft.example", "empty.example", "broken.example"]) {
    it.effect(`the association of ${domain}`, () =>
      Effect.gen(function*() {
        const { ask, grpcUrl } = yield* Service
        const { call } = yield* openClient(grpcUrl)
        const headers = fleetKeys.bearer("verify")
        const http = yield* ask(`/v1/associations/${domain}/${service}`, { headers })
        const { association } = yield* call(method.getAssociation, { domain, service }, { headers })
        assert.deepStrictEqual(timeless(associationJson(association!)), timeless(http.json as Association))
      }))
  }

  const documents = [
    ["lint a document", "/v1/documents/lint", method.lintDocument, { document: "{", generation: "rfc7711" }],
    ["lint a domain", "/v1/documents/lint", method.lintDocument, { domain: "rfc.example", service }],
    ["lint nothing", "/v1/documents/lint", method.lintDocument, {}],
    ["make a reference", "/v1/documents/generate", method.generateDocument, {
      url: "https://hosting.example/posh.json",
      expires: 60
    }],
    ["make nothing", "/v1/documents/generate", method.generateDocument, {}],
    ["make an endless one", "/v1/documents/generate", method.generateDocument, {
      url: "https://hosting.example/posh.json",
      expires: 0
    }]
  ] as const
  it.effect.each(documents)("%s", ([, path, called, input]) =>
    Effect.gen(function*() {
      const { ask, grpcUrl } = yield* Service
      const { call } = yield* openClient(grpcUrl)
      const headers = fleetKeys.bearer("admin")
      const http = yield* ask(path, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify(input)
      })
      const message = "expires" in input ? { ...input, expires: BigInt(input.expires) } : input
      const grpc = yield* Effect.result(call(called as typeof method.lintDocument, message as never, { headers }))
      if (http.status === 200) return assert.deepStrictEqual(cleaned(Result.getOrThrow(grpc)), http.json)
      const { code, detail, field } = http.json as Problem
      const failure = Result.getOrThrow(Result.flip(grpc))
      assert.deepStrictEqual([failure.reason, failure.field, failure.message], [code, field, detail])
    }))
})
