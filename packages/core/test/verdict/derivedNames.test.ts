/** Names that DNSSEC secured, where a question asks DNS: they are the same whoever answered first (POSH-PRF-07). */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import type { Policy } from "../../src/Policy.ts"
import type { Question } from "../../src/question/Question.ts"
import { type Answers, ask, makeCertificates, makeWorld, saidBy, timed } from "./askingTogether.ts"

interface Row extends Answers {
  readonly name: string
  readonly more?: Partial<Question>
  readonly policy?: Partial<Policy>
  /** POSH alone was asked before, so its documents are in memory. */
  readonly isRemembered?: true
  readonly outcome: string
  readonly posh: string
}

const rows: ReadonlyArray<Row> = [
  { name: "DNS first", dns: "unusable", originMs: 1_000, outcome: "Verified posh", posh: "Verified" },
  { name: "the domain first", dns: "unusable", dnsMs: 1_000, outcome: "Verified posh", posh: "Verified" },
  {
    name: "the domain long before",
    dns: "unusable",
    dnsMs: 1_000,
    isRemembered: true,
    outcome: "Verified posh",
    posh: "Verified"
  },
  {
    name: "DANE that matches, and a domain that could veto",
    policy: { poshAuthoritative: true },
    dns: "the certificate",
    outcome: "Verified dane",
    posh: "Verified"
  },
  { name: "a host without TLSA", dns: "nothing", outcome: "Verified posh", posh: "Verified" },
  { name: "a host without an address", dns: "no address", outcome: "Verified posh", posh: "Verified" },
  { name: "SRV that is not signed", dns: "insecure", outcome: "NameCheckFailed posh", posh: "NameCheckFailed" },
  {
    name: "a question that wants the name of the domain",
    more: { nameCheck: "source" },
    dns: "unusable",
    outcome: "NameCheckFailed posh",
    posh: "NameCheckFailed"
  },
  {
    name: "a question that does not ask DNS",
    more: { prooftypes: ["posh"] },
    dns: "unusable",
    outcome: "NameCheckFailed posh",
    posh: "undefined"
  }
]

describe("POSH-PRF-07: the name check of POSH, for a certificate of the host alone", () => {
  it.effect.each(rows)("$name: $outcome", (row) =>
    Effect.gen(function*() {
      const certificates = yield* makeCertificates
      const { hosted } = certificates
      const { answer, layer } = makeWorld(certificates, hosted, row.policy)
      yield* TestClock.setTime(Date.now())
      yield* Effect.gen(function*() {
        answer({ origin: "the certificate", ...row })
        const more: Partial<Question> = { prooftypes: ["dane", "posh"], nameCheck: "source-or-delegated", ...row.more }
        if (row.isRemembered) yield* timed(ask(hosted.pem, { ...more, prooftypes: ["posh"] }))
        for (const _ of ["asked", "remembered"]) {
          const { value } = yield* timed(ask(hosted.pem, more))
          assert.strictEqual(`${value.code} ${value.prooftype}`, row.outcome)
          assert.strictEqual(`${saidBy("posh", value)}`, row.posh)
        }
      }).pipe(Effect.provide(layer))
    }))
})
