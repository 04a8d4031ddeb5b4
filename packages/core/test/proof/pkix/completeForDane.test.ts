/** Beside DANE, issuers are fetched only where that could change the verdict. */
import { assert, describe, it } from "@effect/vitest"
import type { Forged } from "@posh/testing"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { hash, X509Certificate } from "node:crypto"
import { SecureResolver } from "../../../src/proof/dane/SecureResolver.ts"
import { CallerBudget } from "../../../src/question/CallerBudget.ts"
import { recallBy, verifyBy } from "../../asking.ts"
import { type FakeAnswer, fakeTransport } from "../dane/fakeTransport.ts"
import { caAt, domain, issueAt, makeFiles, questionOf, root, tower, urlOf, withVerifier } from "./world.ts"

const issuer = caAt("Issuer", root, [])
const leaf = issueAt(issuer, [urlOf("issuer")])
const other = issueAt(issuer, [])

const target = "xmpp.host.example"

/** A zone with one record about the key of this certificate. `ttl`: of everything, in seconds. */
const zone = (usage: number, { der }: Forged, ttl = 300): Readonly<Record<string, FakeAnswer>> => ({
  [`_xmpp-server._tcp.${domain} SRV`]: {
    answers: [{
      type: "SRV",
      name: `_xmpp-server._tcp.${domain}`,
      ttl,
      data: { priority: 10, weight: 5, port: 5269, target }
    }]
  },
  [`${target} A`]: { answers: [{ type: "A", name: target, ttl, data: "192.0.2.1" }] },
  [`_5269._tcp.${target} TLSA`]: {
    answers: [{
      type: "TLSA",
      name: `_5269._tcp.${target}`,
      ttl,
      data: { usage, selector: 1, matchingType: 1, certificate: keyOf(der) }
    }]
  }
})

const keyOf = (der: Uint8Array) =>
  hash("sha256", new X509Certificate(der).publicKey.export({ format: "der", type: "spki" }), "buffer")

interface Row {
  readonly name: string
  readonly zone: Readonly<Record<string, FakeAnswer>>
  readonly prooftypes: ReadonlyArray<"dane" | "pkix">
  readonly answer: string
  readonly requests: number
}

const rows: ReadonlyArray<Row> = [
  {
    name: "DANE verifies by itself",
    zone: zone(3, leaf),
    prooftypes: ["pkix", "dane"],
    answer: "Verified dane",
    requests: 0
  },
  { name: "DANE vetoes", zone: zone(3, other), prooftypes: ["pkix", "dane"], answer: "TlsaMismatch dane", requests: 0 },
  { name: "DANE does not apply", zone: {}, prooftypes: ["pkix", "dane"], answer: "Verified pkix", requests: 1 },
  {
    name: "neither, and PKIX is not asked for",
    zone: {},
    prooftypes: ["dane"],
    answer: "NotPublished dane",
    requests: 0
  },
  { name: "PKIX-EE needs a path", zone: zone(1, leaf), prooftypes: ["dane"], answer: "Verified dane", requests: 1 },
  {
    name: "PKIX-EE of another certificate",
    zone: zone(1, other),
    prooftypes: ["dane"],
    answer: "TlsaMismatch dane",
    requests: 0
  },
  { name: "PKIX-TA needs a path", zone: zone(0, issuer), prooftypes: ["dane"], answer: "Verified dane", requests: 1 },
  {
    name: "DANE-TA ends at what is presented",
    zone: zone(2, issuer),
    prooftypes: ["dane"],
    answer: "TlsaMismatch dane",
    requests: 0
  }
]

describe("issuers for DANE", () => {
  it.effect.each(rows)("$name: $answer", ({ answer, prooftypes, requests, zone: table }) =>
    Effect.gen(function*() {
      const web = makeFiles({ [urlOf("issuer")]: { octets: issuer.der } })
      const question = { ...questionOf(leaf), prooftypes }
      yield* withVerifier(
        web,
        (verifier) =>
          Effect.gen(function*() {
            for (let time = 0; time < 2; time += 1) {
              const { code, prooftype } = yield* verifyBy(verifier, question)
              assert.strictEqual(`${code} ${prooftype}`, answer)
              assert.strictEqual(web.asked.length, requests)
            }
            const warm = recallBy(verifier, question)
            if (warm !== undefined) assert.strictEqual(`${warm.code} ${warm.prooftype}`, answer)
            // Signatures are left to `verify`, as without fetching.
            assert.strictEqual(warm === undefined, [0, 1, 2].some((usage) => hasUsage(table, usage)))
          }),
        { daneUsages: new Set([0, 1, 2, 3]) },
        SecureResolver.layer.pipe(Layer.provide(fakeTransport(table)))
      )
    }))

  it.effect("what DNS said is asked again where it ends while issuers are fetched, and the domain is not asked", () =>
    Effect.gen(function*() {
      const table = { ...zone(1, leaf, 2) }
      const asked: Array<string> = []
      const web = makeFiles({ [urlOf("issuer")]: { octets: issuer.der, afterMs: 2_500 } })
      const dns = SecureResolver.layer.pipe(Layer.provide(fakeTransport(table, asked)))
      yield* withVerifier(
        web,
        (verifier) =>
          Effect.gen(function*() {
            yield* verifier.report(domain, "xmpp-server")
            Object.assign(table, zone(3, other))
            const asking = yield* Effect.forkChild(
              verifyBy(verifier, { ...questionOf(leaf), prooftypes: ["dane"] as const }),
              { startImmediately: true }
            )
            yield* TestClock.adjust("3 seconds")
            const { code, prooftype } = yield* Fiber.join(asking)
            assert.strictEqual(`${code} ${prooftype}`, "TlsaMismatch dane")
            assert.strictEqual(asked.filter((query) => query.endsWith(" SRV")).length, 2)
            assert.strictEqual(web.asked.length, 1)
          }),
        { daneUsages: new Set([1, 3]) },
        dns
      )
    }))

  it.effect("before DNS answers, too, each turn of a caller has one search for a path at most", () =>
    Effect.gen(function*() {
      const { cas, files } = tower(3)
      const web = makeFiles(files)
      const turns = { taken: 0, beforeDns: 0 }
      const dns = Layer.mock(SecureResolver, {
        query: (name) =>
          Effect.sync(() => {
            turns.beforeDns = turns.taken
            return { status: "secure" as const, records: [], ttl: 0, canonicalName: name, detail: "" }
          })
      })
      yield* withVerifier(
        web,
        (verifier) =>
          Effect.gen(function*() {
            yield* verifyBy(verifier, questionOf(issueAt(cas[0], [urlOf("ca-1")])))
            assert.strictEqual(web.asked.length, 3)
            // Issuers are remembered; the path of another leaf is not.
            const question = questionOf(issueAt(cas[0], [urlOf("ca-1")]))
            yield* verifyBy(verifier, { ...question, prooftypes: ["pkix", "dane", "posh"] as const }).pipe(
              Effect.provideService(CallerBudget, {
                account: "",
                waitedMs: 0,
                take: () => undefined,
                turn: Effect.sync(() => void (turns.taken += 1))
              })
            )
            assert.isAtLeast(turns.beforeDns, 4)
          }),
        { daneUsages: new Set([1, 3]) },
        dns
      )
    }))
})

const hasUsage = (table: Row["zone"], usage: number): boolean => JSON.stringify(table).includes(`"usage":${usage},`)
