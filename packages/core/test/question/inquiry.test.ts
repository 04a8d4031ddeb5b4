/** Changes of a question after `prepare` change no answer, and an inquiry can be asked any number of times. */
import { assert, describe, it } from "@effect/vitest"
import { greenhouse, sha256Base64 } from "@posh/testing"
import { Effect, Result } from "effect"
import { TestClock } from "effect/testing"
import { Verifier } from "../../src/Verifier.ts"
import { makeWeb, verifierOver } from "../fakeFetcher.ts"
import { fingerprints, next, question, rfc, start } from "../greenhouse.ts"

type Loose = { [name: string]: unknown }

const rows: ReadonlyArray<readonly [name: string, make: () => Loose, change: (question: Loose) => void]> = [
  [
    "its members",
    () => ({ ...question }),
    (question) => Object.assign(question, { domain: "a..b", certificate: next })
  ],
  ["its chain", () => ({ ...question, certificate: undefined, chain: [question.certificate] }), ({ chain }) => {
    ;(chain as Array<string>)[0] = next
  }],
  [
    "its fingerprint",
    () => ({ ...question, certificate: undefined, fingerprint: { "sha-256": sha256Base64(greenhouse.current) } }),
    ({ fingerprint }) => Object.assign(fingerprint as object, { "sha-256": sha256Base64(greenhouse.next) })
  ],
  ["its options", () => ({ ...question, prooftypes: ["posh"] }), (question) => {
    ;(question["prooftypes"] as Array<string>)[0] = "pkix"
    Object.assign(question, { nameCheck: "source", generations: "draft-only", refresh: true })
  }]
]

describe("a prepared question", () => {
  it.effect.each(rows)("shares no object with the question: %s", ([, make, change]) =>
    Effect.gen(function*() {
      yield* start
      const { prepare, recall, verify } = yield* Verifier
      const raw = make()
      const inquiry = Result.getOrThrow(prepare(raw as never))
      change(raw)
      assert.deepInclude(yield* verify(inquiry), { code: "Verified", cache: "miss" })
      assert.strictEqual(inquiry.target.domain as string, question.domain)
      assert.deepInclude(recall(inquiry), { code: "Verified", cache: "memory" })
    }).pipe(Effect.provide(verifierOver(makeWeb({ [rfc]: { json: fingerprints(3_600) } })))))

  it.effect("is decided at the time when it is asked, not when it was prepared (CAC-35)", () =>
    Effect.gen(function*() {
      yield* start
      const { prepare, recall, verify } = yield* Verifier
      const inquiry = Result.getOrThrow(prepare(question))
      const first = yield* verify(inquiry)
      yield* TestClock.adjust("55 minutes")
      assert.isUndefined(recall(inquiry), "to be refreshed ahead")
      assert.strictEqual((yield* verify(inquiry)).decidedAt, first.decidedAt + 3_300_000)
      yield* TestClock.setTime(Date.parse("2036-02-01T00:00:00Z"))
      assert.strictEqual(recall(inquiry)?.code, "PresentedCertificateExpired")
      assert.strictEqual((yield* verify(inquiry)).code, "PresentedCertificateExpired")
    }).pipe(Effect.provide(verifierOver(makeWeb({ [rfc]: { json: fingerprints(3_600) } })))))
})
