/** The table of questions over HTTP and by foreign clients: an answer, and a problem, cannot differ. */
import type { MessageInitShape } from "@bufbuild/protobuf"
import { assert, layer } from "@effect/vitest"
import type { Answer, Association, BatchResponse, Problem } from "@posh/api"
import { type BatchQuestionSchema, VerificationService } from "@posh/api/grpc"
import { Effect, Layer } from "effect"
import { statusCodes } from "../../../src/grpc/statuses.ts"
import { fleetKeys } from "../../access/world.ts"
import { jsonBody, Service } from "../../service.ts"
import { answerJson, associationJson, cleaned } from "../asJson.ts"
import { grpcField, layerDeployed, timeless } from "../deployed.ts"
import { type Members, rows, toMessage, World } from "../questions.ts"
import { type Driver, jsonOf, messageOf, methodOf, openDriver, plain, type Told } from "./Driver.ts"
import { Drivers, type Language, languages } from "./Drivers.ts"

const { method } = VerificationService
const service = "xmpp-server"

const askHttp = (path: string, json: unknown, scope: "admin" | "verify" = "verify") =>
  Effect.flatMap(Service, ({ ask }) => {
    const { headers, ...rest } = jsonBody(json)
    return ask(path, { ...rest, headers: { ...headers, ...fleetKeys.bearer(scope) } })
  })

const open = (language: Language) => Effect.flatMap(Service, ({ grpcUrl }) => openDriver(language, { url: grpcUrl }))

/** The same problem by both, with all that a program reads. */
const isSame = (
  told: Told,
  problem: Problem,
  toField: (field: string | undefined) => string | undefined = grpcField
) => {
  const { domain, field, reason, retryMs, status, text } = told
  assert.deepStrictEqual(
    { status, reason, domain, field, text, retryMs },
    {
      status: statusCodes[problem.code],
      reason: problem.code,
      domain: "posh",
      field: toField(problem.field),
      text: problem.detail,
      retryMs: problem.retryAfterMs
    }
  )
  assert.match(told.instance ?? "", /^urn:uuid:|^\S+$/)
}

layer(Layer.merge(layerDeployed, Drivers.layer), { excludeTestServices: true, timeout: 600_000 })("as HTTP", (it) => {
  const headers = fleetKeys.bearer("verify")
  for (const language of languages) {
    it.effect(`${language}: each question of the table`, () =>
      Effect.gen(function*() {
        const world = yield* World
        const { call } = yield* open(language)
        for (const [name, toQuestion, expected] of rows) {
          const question = toQuestion(world)
          const http = yield* askHttp("/v1/verify", question)
          const told = yield* call(method.verify, { question: toMessage(question) }, { headers })
          assert.strictEqual((http.json as Answer | Problem).code, expected, name)
          if (http.status !== 200) isSame(told, http.json as Problem)
          else {
            assert.deepStrictEqual(
              timeless(answerJson(messageOf(method.verify, told).answer!)),
              timeless(http.json),
              name
            )
          }
        }
      }).pipe(Effect.scoped))

    it.effect(`${language}: all of them in one batch, and in one stream`, () =>
      Effect.gen(function*() {
        const world = yield* World
        const { begin, call } = yield* open(language)
        const questions = rows.map(([id, toQuestion]): Members => Object.assign({ id }, toQuestion(world)))
        const requests = questions.map(({ id, ...question }) => ({ id: String(id), question: toMessage(question) }))
        const http = (yield* askHttp("/v1/verify/batch", { requests: questions })).json as BatchResponse
        const batch = messageOf(method.batchVerify, yield* call(method.batchVerify, { requests }, { headers }))
        const stream = yield* inStream({ begin }, requests, headers)
        const codeOf = ({ answer, problem }: BatchResponse["results"][number]) => answer?.code ?? problem?.code
        const expected = http.results.map((result) => [result.id, codeOf(result)])
        const found = [batch.results, stream].map((results) =>
          results.map((result) => [result?.id, result?.result.value?.code])
        )
        assert.deepStrictEqual(found[0], expected)
        assert.sameDeepMembers([...found[1] ?? []], expected)
        for (const results of [batch.results, stream]) {
          for (const { id, result } of results.flatMap((one) => one ?? [])) {
            const { answer, problem } = http.results.find((one) => one.id === id)!
            if (result.case === "answer") assert.deepStrictEqual(timeless(answerJson(result.value)), timeless(answer))
            else assert.strictEqual(result.value?.detail, problem?.detail)
          }
        }
      }).pipe(Effect.scoped))

    it.effect(`${language}: associations, and documents`, () =>
      Effect.gen(function*() {
        const { ask } = yield* Service
        const { call } = yield* open(language)
        for (const domain of ["rfc.example", "draft.example", "empty.example", "broken.example"]) {
          const http = yield* ask(`/v1/associations/${domain}/${service}`, { headers })
          const { association } = messageOf(
            method.getAssociation,
            yield* call(method.getAssociation, { domain, service }, { headers })
          )
          assert.deepStrictEqual(timeless(associationJson(association!)), timeless(http.json as Association))
        }
        const url = "https://hosting.example/posh.json"
        for (
          const [path, called, input] of [
            ["/v1/documents/lint", method.lintDocument, { document: "{", generation: "rfc7711" }],
            ["/v1/documents/lint", method.lintDocument, { domain: "rfc.example", service }],
            ["/v1/documents/lint", method.lintDocument, {}],
            ["/v1/documents/generate", method.generateDocument, { url, expires: 60 }],
            ["/v1/documents/generate", method.generateDocument, { url, expires: 0 }]
          ] as const
        ) {
          const http = yield* askHttp(path, input, "admin")
          const message = "expires" in input ? { ...input, expires: BigInt(input.expires) } : input
          const told = yield* call(called, message as never, { headers: fleetKeys.bearer("admin") })
          if (http.status === 200) assert.deepStrictEqual(cleaned(messageOf(called, told)), http.json)
          else isSame(told, http.json as Problem, (field) => field)
        }
      }).pipe(Effect.scoped))
  }
})

const inStream = (
  { begin }: Pick<Driver, "begin">,
  requests: ReadonlyArray<MessageInitShape<typeof BatchQuestionSchema>>,
  headers: Readonly<Record<string, string>>
) =>
  Effect.gen(function*() {
    const { next } = begin({
      do: "stream",
      ...methodOf(method.verifyStream),
      requests: requests.map((request) => jsonOf(method.verifyStream, { request })),
      isWhole: true,
      ...plain({ headers })
    })
    const results = []
    for (let told = yield* next; told.status === undefined; told = yield* next) {
      results.push(messageOf(method.verifyStream, told).result)
    }
    return results
  })
