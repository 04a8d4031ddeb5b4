/**
 * Which questions `recall` answers, and which it leaves to `verify`. `ask` checks that the two agree, in every test.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { Verifier } from "../../src/Verifier.ts"
import { recallBy } from "../asking.ts"
import { makeWeb, type Page, verifierOver } from "../fakeFetcher.ts"
import { ask, at, draft, fingerprints, onlyNext, question, rfc, start } from "../greenhouse.ts"

interface Row {
  readonly name: string
  readonly pages: Record<string, Page>
  /** What happened before the question. */
  readonly before?: Effect.Effect<unknown, unknown, Verifier>
  readonly more?: object
  /** Absent if `recall` does not answer. */
  readonly code?: string
}

const published = { [rfc]: { json: fingerprints(3_600) } }
const asked = ask()
const later = (duration: Parameters<typeof TestClock.adjust>[0]) => Effect.andThen(asked, TestClock.adjust(duration))

const rows: ReadonlyArray<Row> = [
  { name: "nothing is cached", pages: published },
  { name: "fresh material that matches", pages: published, before: asked, code: "Verified" },
  {
    name: "draft material, where RFC 7711 has none",
    pages: { [draft]: { status: 404 } },
    before: asked,
    code: "NotPublished"
  },
  { name: "material that is due for a refresh ahead (CAC-34)", pages: published, before: later("3599 seconds") },
  { name: "expired material (CAC-33)", pages: published, before: later("3600 seconds") },
  { name: "material that does not match (MAT-43)", pages: { [rfc]: { json: onlyNext } }, before: asked },
  {
    name: "a failure after which older material may be used (NEG-06)",
    pages: { [rfc]: { fault: "ConnectTimeout" } },
    before: asked
  },
  { name: "a document of unknown shape", pages: { [rfc]: { json: {} } }, before: asked, code: "UnknownDocumentShape" },
  { name: "a refresh is asked for (CAC-32)", pages: published, before: asked, more: { refresh: true } },
  { name: "older than the question allows", pages: published, before: later("60 seconds"), more: { maxAge: 59 } },
  {
    name: "as old as the question allows",
    pages: published,
    before: later("60 seconds"),
    more: { maxAge: 60 },
    code: "Verified"
  },
  { name: "another generation alone", pages: published, before: asked, more: { generations: "draft-only" } },
  { name: "a malformed question", pages: published, before: asked, more: { domain: "a..b" } },
  { name: "a malformed certificate", pages: published, before: asked, more: { certificate: "AAAA" } },
  {
    name: "a forgotten domain",
    pages: published,
    before: Effect.andThen(asked, Verifier.use(({ forget }) => forget(question.domain, question.service)))
  },
  {
    name: "a certificate that has expired",
    pages: published,
    before: at("2036-02-01T00:00:00Z"),
    code: "PresentedCertificateExpired"
  }
]

describe("recall", () => {
  it.effect.each(rows)("$name: $code", ({ before = Effect.void, code, more = {}, pages }) => {
    const web = makeWeb(pages)
    return Effect.gen(function*() {
      yield* start
      yield* before
      const requests = web.asked.length
      const verifier = yield* Verifier
      assert.strictEqual(recallBy(verifier, { ...question, ...more })?.code, code)
      assert.strictEqual(web.asked.length, requests, "nobody is asked")
    }).pipe(Effect.provide(verifierOver(web)))
  })
})
