/**
 * Duplicate members and parameters are refused, so that every parser sees the same question.
 */
import { assert, describe, it } from "@effect/vitest"
import type { BatchResponse, Problem } from "@posh/api"
import { Effect } from "effect"
import { readBatchBody } from "../../../src/http/body/batchBody.ts"
import { decodeJson } from "../../../src/http/body/body.ts"
import { Service, type TestRequest } from "../../service.ts"
import { fakeVerifier, verified } from "../../service/verdicts.ts"

const { layer: verifier, record } = fakeVerifier({ "a.example": verified, "b.example": verified })

const members = `"service":"xmpp-server","certificate":"MII"`
const body = (text: string): TestRequest => ({
  method: "POST",
  headers: { "content-type": "application/json", "content-length": String(Buffer.byteLength(text)) },
  body: text
})
const chunked = (text: string): TestRequest => ({
  method: "POST",
  headers: { "content-type": "application/json", "transfer-encoding": "chunked" },
  body: text
})

/** Body → `field` of the problem; `undefined` if the body is accepted. */
const questions: ReadonlyArray<readonly [text: string, field: string | undefined]> = [
  [`{"domain":"a.example",${members}}`, undefined],
  [`{"domain":"a.example","domain":"b.example",${members}}`, "domain"],
  [`{"domain":"a.example","domain":"a.example",${members}}`, "domain"],
  [`{"domain":"a.example","dom\\u0061in":"b.example",${members}}`, "domain"],
  [`{"domain":"a.example",${members},"chainCheck":"require","chainCheck":"off"}`, "chainCheck"],
  [`{"domain":"a.example",${members},"explain":false , "explain" : false}`, "explain"],
  [`{"domain":"a.example",${members},"x":{"y":[1,{"z":1,"z":2}]}}`, "x.y[1].z"],
  [`{"domain":"a.example",${members},"x":[{"a":1},{"a":1}]}`, "x"],
  [`{"domain":"a.example","__proto__":1,"__proto__":2,${members}}`, "__proto__"],
  [`{"domain":"a.example","constructor":1,${members}}`, "constructor"],
  [`{"domain":"a:b,\\"domain\\":{","domain":"a.example",${members}}`, "domain"],
  [
    `{"domain":"a.example","service":"xmpp-server","fingerprint":{"sha-256":"${"0".repeat(64)}","sha-256":"${
      "1".repeat(64)
    }"}}`,
    "fingerprint.sha-256"
  ]
]

describe("duplicate members", () => {
  it.layer(Service.layer(verifier), { excludeTestServices: true })((it) => {
    for (const [text, field] of questions) {
      it.effect(`a question: ${text.slice(0, 70)}`, () =>
        Effect.gen(function*() {
          const { ask } = yield* Service
          record.questions.length = 0
          for (const asked of [body(text), chunked(text)]) {
            const { json, status } = yield* ask("/v1/verify", asked)
            assert.strictEqual(status, field === undefined ? 200 : 400)
            if (field !== undefined) assert.deepInclude(json, { code: "InvalidRequest", field })
          }
          assert.strictEqual(record.questions.length, field === undefined ? 2 : 0)
          // In a batch, only that question is refused.
          const { json } = yield* ask(
            "/v1/verify/batch",
            body(`{"requests":[${text},{"domain":"b.example",${members}}]}`)
          )
          const [first, second] = (json as BatchResponse).results
          assert.strictEqual(first?.problem?.field, field === undefined ? undefined : `requests[0].${field}`)
          assert.isTrue(second?.answer?.valid)
        }))
    }

    const others: ReadonlyArray<readonly [path: string, asked: TestRequest, field: string]> = [
      ["/v1/verify/batch", body(`{"requests":[],"requests":[]}`), "requests"],
      ["/v1/verify/batch", body(`{"requests":[{}],"r\\u0065quests":[]}`), "requests"],
      ["/v1/documents/lint", body(`{"document":"{}","generation":"draft","generation":"rfc7711"}`), "generation"],
      ["/v1/documents/generate", body(`{"url":"https://a.com/","url":"https://b.com/","expires":60}`), "url"],
      [`/v1/verify?domain=a.example&domain=b.example&service=xmpp-server&sha-256=${"0".repeat(64)}`, {}, "domain"],
      [
        `/v1/verify?domain=a.example&service=xmpp-server&sha-256=${"0".repeat(64)}&refresh=false&refresh=true`,
        {},
        "refresh"
      ],
      [`/v1/verify?domain=a.example&dom%61in=a.example&service=xmpp-server&sha-256=${"0".repeat(64)}`, {}, "domain"],
      ["/v1/associations/a.example/xmpp-server?deadlineMs=60&deadlineMs=70", {}, "deadlineMs"],
      ["/v1/associations?limit=1&limit=1", {}, "limit"]
    ]
    for (const [path, asked, field] of others) {
      it.effect(`${asked.method ?? "GET"} ${path}`, () =>
        Effect.gen(function*() {
          const { ask } = yield* Service
          const { json, status } = yield* ask(path, asked)
          assert.strictEqual(status, 400)
          assert.deepInclude(json as Problem, { code: "InvalidRequest", field })
        }))
    }
  })
})

describe("the body of a batch", () => {
  const read = (text: string) => {
    const pieces = readBatchBody(Buffer.from(text))()
    let piece = pieces.next()
    while (piece.done !== true) piece = pieces.next()
    return piece.value
  }

  /** The questions as JSON.parse reads them, or a refusal of the whole batch. */
  it.each([
    `{"requests":[]}`,
    ` { "requests" : [ 1 , "]" , [2,[3]] , {"a":"}"} , null ,-1.5e3,"\\\\","\\"" ] } `,
    `{"requests":[{"a":[{"b":[1,2]}]}]}`,
    `{"requests":["\\ud800","ü€😀"]}`
  ])("is cut where its questions are: %s", (text) => {
    const expected: unknown = (JSON.parse(text) as { readonly requests: unknown }).requests
    const values = read(text)
    const seen: unknown = values._tag === "Success"
      ? values.success.map((value) => value._tag === "Success" ? value.success : value)
      : values
    assert.deepStrictEqual(seen, expected)
  })

  it.each([
    "",
    "null",
    "[]",
    "[[1,2],[3]]",
    `{"requests":{}}`,
    `{"requests":[1,]}`,
    `{"requests":[,1]}`,
    `{"requests":[1 2]}`,
    `{"requests":[1],"more":[2]}`,
    `{"requests":[{]}]}`,
    `{"requests":[1}`,
    `{"requests":[1]]`,
    `{"requests":[1]}}`,
    `{"requests":[1]} 0`,
    `{"requests":["a]}`,
    `{"requests":[01]}`,
    `{"requests":[1`,
    `{"requests":"${"x".repeat(2_000_000)}"}`,
    `{"requests":[${"[".repeat(40)}${"]".repeat(40)}]}`,
    `{"requests":[${"0,".repeat(1_000)}0]}`
  ])("is refused as a whole: %s", (text) => assert.strictEqual(read(text)._tag, "Failure", text.slice(0, 60)))

  it("takes microseconds for a question of usual length", () => {
    const text = JSON.stringify({ domain: "a.example", service: "xmpp-server", certificate: "A".repeat(1_500) })
    const octets = Buffer.from(text)
    // The best of three turns: other work on the machine makes one slower, and none faster.
    const time = (work: () => void) => {
      const turns = Array.from({ length: 3 }, () => {
        const start = performance.now()
        for (let times = 0; times < 2_000; times += 1) work()
        return (performance.now() - start) / 2
      })
      return Math.min(...turns)
    }
    const parse = time(() => void JSON.parse(octets.toString("utf8")))
    const decode = time(() => void decodeJson(octets))
    console.info(`a question: parsed in ${parse.toFixed(2)} µs, read in ${decode.toFixed(2)} µs`)
    assert.isBelow(decode, 20 * parse + 50)
  })
})
