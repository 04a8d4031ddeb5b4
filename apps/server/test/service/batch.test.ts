import { assert, layer } from "@effect/vitest"
import type { BatchResponse } from "@posh/api"
import type { Verdict } from "@posh/core"
import { Effect } from "effect"
import { Service } from "../service.ts"
import { fakeVerifier, mismatch, verified } from "./verdicts.ts"

/** Decided a while ago: a batch waits for its slowest question. */
const early: Verdict = {
  ...verified,
  decidedAt: Date.now() - 30_000,
  refreshAfter: Date.now() - 20_000,
  validUntil: Date.now() + 600_000
}
const { layer: verifier, record } = fakeVerifier({
  "hosted.example": verified,
  "early.example": early,
  "mismatch.example": mismatch,
  "defect.example": "defect"
})

const question = (domain: string, more: object = {}) => ({
  domain,
  service: "xmpp-server",
  certificate: "MII",
  ...more
})
const askBatch = (requests: ReadonlyArray<unknown>) =>
  Effect.gen(function*() {
    record.questions.length = 0
    const { post } = yield* Service
    const response = yield* post("/v1/verify/batch", { requests })
    assert.strictEqual(response.status, 200, response.text)
    return (response.json as BatchResponse).results
  })

/** A result in one line. */
const brief = ({ answer, id, problem }: BatchResponse["results"][number]): string =>
  [id ?? "-", answer?.verdict ?? problem?.code, problem?.field ?? "-"].join(" ")

layer(Service.layer(verifier), { excludeTestServices: true })("POST /v1/verify/batch", (it) => {
  const rows = [
    { name: "nothing", requests: [], results: [], asked: 0 },
    {
      name: "order is kept, and ids are echoed",
      requests: [
        question("mismatch.example", { id: "b" }),
        question("hosted.example"),
        question("hosted.example", { id: "" })
      ],
      results: ["b mismatch -", "- verified -", " verified -"],
      asked: 2
    },
    {
      name: "a bad question is a problem of its own",
      requests: [
        question("hosted.example", { id: "good" }),
        { ...question("hosted.example", { id: "bad" }), deadlineMs: 1 },
        question("other.example", { id: "refused" }),
        question("hosted.example", { id: 5 }),
        question("hosted.example", { id: "x".repeat(129) }),
        question("hosted.example", { chaincheck: "require" }),
        5,
        null,
        question("defect.example"),
        question("hosted.example", { id: "last" })
      ],
      results: [
        "good verified -",
        "bad InvalidRequest requests[1].deadlineMs",
        "refused InvalidSourceDomain requests[2].domain",
        "- InvalidRequest requests[3].id",
        "- InvalidRequest requests[4].id",
        "- InvalidRequest requests[5].chaincheck",
        "- InvalidRequest requests[6]",
        "- InvalidRequest requests[7]",
        "- InternalError requests[8]",
        "last verified -"
      ],
      asked: 3
    },
    {
      name: "equal questions are decided once, whatever their ids and `explain`",
      requests: [
        question("hosted.example", { id: "1" }),
        question("hosted.example", { explain: true }),
        { certificate: "MII", service: "xmpp-server", domain: "hosted.example" },
        question("hosted.example", { maxAge: 5 })
      ],
      results: ["1 verified -", "- verified -", "- verified -", "- verified -"],
      asked: 2
    },
    {
      name: "a refusal of equal questions is in every place",
      requests: [question("other.example"), question("other.example")],
      results: ["- InvalidSourceDomain requests[0].domain", "- InvalidSourceDomain requests[1].domain"],
      asked: 1
    },
    {
      name: "a thousand questions",
      requests: Array.from({ length: 1_000 }, (_, index) => question("hosted.example", { maxAge: index })),
      results: Array.from({ length: 1_000 }, () => "- verified -"),
      asked: 1_000
    }
  ]
  for (const { asked, name, requests, results } of rows) {
    it.effect(name, () =>
      Effect.gen(function*() {
        assert.deepStrictEqual((yield* askBatch(requests)).map(brief), results)
        assert.strictEqual(record.questions.length, asked)
      }))
  }

  it.effect("evidence is given to the questions that ask for it; equal ones share their decision", () =>
    Effect.gen(function*() {
      const [plain, explained, other] = yield* askBatch([
        question("hosted.example"),
        question("hosted.example", { explain: true }),
        question("mismatch.example")
      ])
      assert.isUndefined(plain?.answer?.evidence)
      assert.isObject(explained?.answer?.evidence)
      assert.strictEqual(plain?.answer?.id, explained?.answer?.id)
      assert.notStrictEqual(plain?.answer?.id, other?.answer?.id)
    }))

  it.effect("ttl and refreshAfter count from the response, not from the decision", () =>
    Effect.gen(function*() {
      const before = Date.now()
      const [result] = yield* askBatch([question("early.example")])
      assert.isAtMost(result?.answer?.ttl ?? Infinity, 600)
      assert.isAtLeast(Date.parse(result?.answer?.refreshAfter ?? ""), before)
    }))

  it.effect("a body of many megabytes is read", () =>
    Effect.gen(function*() {
      const certificate = "A".repeat(20_000)
      const results = yield* askBatch(
        Array.from({ length: 1_000 }, (_, maxAge) => ({ ...question("hosted.example"), certificate, maxAge }))
      )
      assert.strictEqual(results.filter(({ answer }) => answer?.valid === true).length, 1_000)
    }))
})
