/**
 * POSH-PRF-43: DNS and the domain are asked at the same time, as far as both have to be. What DNS says is heard first, so that the
 * verdict does not depend on who answered first.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { CallerBudget } from "../../src/question/CallerBudget.ts"
import { ask, assertRow, makeCertificates, makeWorld, type Row, saidBy, timed } from "./askingTogether.ts"

const authoritative = { poshAuthoritative: true }

const rows: ReadonlyArray<Row> = [
  {
    name: "DNS first: the time of the longer one",
    dnsMs: 2_000,
    origin: "the certificate",
    originMs: 3_000,
    outcome: "Verified posh",
    posh: "Verified",
    ms: 3_000,
    asked: [1, 1, 0]
  },
  {
    name: "the domain first: the time of the longer one",
    dnsMs: 3_000,
    origin: "the certificate",
    originMs: 2_000,
    outcome: "Verified posh",
    posh: "Verified",
    ms: 3_000,
    asked: [1, 1, 0]
  },
  {
    name: "a veto first ends the wait",
    dns: "another",
    dnsMs: 1_000,
    origin: "the certificate",
    originMs: 3_000,
    outcome: "TlsaMismatch dane",
    ms: 1_000,
    asked: [1, 1, 1]
  },
  {
    name: "a veto that comes last is the same veto",
    dns: "another",
    dnsMs: 2_000,
    origin: "the certificate",
    originMs: 1_000,
    outcome: "TlsaMismatch dane",
    ms: 2_000,
    asked: [1, 1, 0]
  },
  {
    name: "what DNSSEC rejects ends the wait",
    dns: "bogus",
    dnsMs: 1_000,
    origin: "the certificate",
    originMs: 3_000,
    outcome: "DnssecBogus dane",
    ms: 1_000,
    asked: [1, 1, 1]
  },
  {
    name: "a match first ends the wait",
    dns: "the certificate",
    dnsMs: 1_000,
    origin: "another",
    originMs: 3_000,
    outcome: "Verified dane",
    ms: 1_000,
    asked: [1, 1, 1]
  },
  {
    name: "a match that comes last is the same match",
    dns: "the certificate",
    dnsMs: 2_000,
    origin: "another",
    originMs: 1_000,
    outcome: "Verified dane",
    ms: 2_000,
    asked: [1, 1, 0]
  },
  {
    name: "PRF-41: a match does not spare a domain that may veto",
    policy: authoritative,
    dns: "the certificate",
    dnsMs: 1_000,
    origin: "another",
    originMs: 3_000,
    outcome: "CertificateMismatch posh",
    posh: "CertificateMismatch",
    ms: 3_000,
    asked: [1, 1, 0]
  },
  {
    name: "PRF-41: nor does it where the domain came first",
    policy: authoritative,
    dns: "the certificate",
    dnsMs: 3_000,
    origin: "another",
    originMs: 1_000,
    outcome: "CertificateMismatch posh",
    posh: "CertificateMismatch",
    ms: 3_000,
    asked: [1, 1, 0]
  },
  {
    name: "a veto needs no other",
    policy: authoritative,
    dns: "another",
    dnsMs: 1_000,
    origin: "another",
    originMs: 3_000,
    outcome: "TlsaMismatch dane",
    ms: 1_000,
    asked: [1, 1, 1]
  },
  {
    name: "PKIX verified, and DANE matches: the domain is spared",
    presented: "trusted",
    dns: "the certificate",
    dnsMs: 1_000,
    originMs: 3_000,
    outcome: "Verified dane",
    ms: 1_000,
    asked: [1, 0, 0]
  },
  {
    name: "PKIX verified, and DANE says nothing: the domain is spared",
    presented: "trusted",
    dnsMs: 1_000,
    originMs: 3_000,
    outcome: "Verified pkix",
    ms: 1_000,
    asked: [1, 0, 0]
  },
  {
    name: "PRF-41: PKIX verified, and the domain may veto",
    presented: "trusted",
    policy: authoritative,
    dnsMs: 2_000,
    origin: "the certificate",
    originMs: 3_000,
    outcome: "Verified posh",
    posh: "Verified",
    ms: 3_000,
    asked: [1, 1, 0]
  },
  {
    name: "PRF-07: PKIX verified by the name of the host, which ends the wait",
    presented: "hosted",
    dns: "unusable",
    dnsMs: 1_000,
    originMs: 3_000,
    outcome: "Verified pkix",
    ms: 1_000,
    asked: [1, 1, 1]
  },
  {
    name: "DNS has not answered at the deadline",
    more: { deadlineMs: 2_000 },
    dnsMs: 5_000,
    origin: "the certificate",
    originMs: 1_000,
    outcome: "DnssecBogus dane",
    ms: 2_000,
    asked: [1, 1, 0]
  },
  {
    name: "the domain has not answered at the deadline",
    more: { deadlineMs: 2_000 },
    dnsMs: 1_000,
    originMs: 5_000,
    outcome: "DeadlineExceeded posh",
    posh: "DeadlineExceeded",
    ms: 2_000,
    asked: [1, 1, 0]
  },
  {
    name: "both are in memory",
    before: { origin: "the certificate" },
    dns: "another",
    outcome: "Verified posh",
    posh: "Verified",
    ms: 0,
    asked: [0, 0, 0]
  },
  {
    name: "a refresh asks both",
    before: { origin: "another" },
    more: { refresh: true },
    dnsMs: 2_000,
    origin: "the certificate",
    originMs: 3_000,
    outcome: "Verified posh",
    posh: "Verified",
    ms: 3_000,
    asked: [1, 1, 0]
  },
  {
    name: "MAT-43: a mismatch in memory is asked for again, and DNS is not",
    before: { origin: "another" },
    origin: "the certificate",
    originMs: 3_000,
    outcome: "Verified posh",
    posh: "Verified",
    ms: 3_000,
    asked: [0, 1, 0]
  }
]

describe("DNS and the domain", () => {
  it.effect.each(rows)("$name: $outcome", assertRow)

  const world = Effect.gen(function*() {
    const certificates = yield* makeCertificates
    yield* TestClock.setTime(Date.now())
    return { ...makeWorld(certificates, certificates.own), pem: certificates.own.pem }
  })

  it.effect("who gives up takes the flight from nobody who waits for it", () =>
    Effect.gen(function*() {
      const { answer, count, layer, pem } = yield* world
      answer({ dns: "another", dnsMs: 1_000, origin: "the certificate", originMs: 3_000 })
      yield* Effect.gen(function*() {
        const posh = yield* Effect.forkChild(timed(ask(pem, { prooftypes: ["posh"] })), { startImmediately: true })
        const dane = yield* Effect.forkChild(ask(pem), { startImmediately: true })
        assert.strictEqual((yield* Fiber.join(posh)).value.code, "Verified")
        assert.strictEqual((yield* Fiber.join(dane)).code, "TlsaMismatch")
        assert.deepStrictEqual(count, { queries: 1, requests: 1, interrupted: 0 })
      }).pipe(Effect.provide(layer))
    }))

  it.effect("end with a caller who goes away", () =>
    Effect.gen(function*() {
      const { answer, count, layer, pem } = yield* world
      answer({ dnsMs: 2_000, originMs: 3_000 })
      yield* Effect.gen(function*() {
        const asking = yield* Effect.forkChild(ask(pem), { startImmediately: true })
        yield* TestClock.adjust("1 second")
        yield* Fiber.interrupt(asking)
        yield* TestClock.adjust("10 seconds")
        assert.deepStrictEqual(count, { queries: 1, requests: 1, interrupted: 1 })
      }).pipe(Effect.provide(layer))
    }))

  it.effect("SEC-12: each takes a resolution from the budget of the caller, DNS first", () =>
    Effect.gen(function*() {
      const { answer, count, layer, pem } = yield* world
      answer({ origin: "the certificate" })
      const budget = { account: "a caller", waitedMs: 0 }
      const taken: Array<boolean> = []
      const take = (): number | undefined => {
        taken.push(taken.length === 0)
        return taken.length === 1 ? undefined : 1_000
      }
      yield* Effect.gen(function*() {
        const { value } = yield* timed(ask(pem).pipe(Effect.provideService(CallerBudget, { ...budget, take })))
        assert.deepStrictEqual([value.valid, value.prooftype], [false, "posh"])
        assert.strictEqual(saidBy("dane", value), "NotApplicable")
        assert.deepStrictEqual([taken, count.queries, count.requests], [[true, false], 1, 0])
      }).pipe(Effect.provide(layer))
    }))
})
