/** Beside DANE, issuers are fetched only where that could change the verdict. */
import { assert, describe, it } from "@effect/vitest"
import type { Forged } from "@posh/testing"
import { Effect, Layer } from "effect"
import { hash, X509Certificate } from "node:crypto"
import { SecureResolver } from "../../../src/proof/dane/SecureResolver.ts"
import { recallBy, verifyBy } from "../../asking.ts"
import { type FakeAnswer, fakeTransport } from "../dane/fakeTransport.ts"
import { caAt, domain, issueAt, makeFiles, questionOf, root, urlOf, withVerifier } from "./world.ts"

const issuer = caAt("Issuer", root, [])
const leaf = issueAt(issuer, [urlOf("issuer")])
const other = issueAt(issuer, [])

const target = "xmpp.host.example"

/** A zone with one record about the key of this certificate. */
const zone = (usage: number, { der }: Forged): Readonly<Record<string, FakeAnswer>> => ({
  [`_xmpp-server._tcp.${domain} SRV`]: {
    answers: [{
      type: "SRV",
      name: `_xmpp-server._tcp.${domain}`,
      ttl: 300,
      data: { priority: 10, weight: 5, port: 5269, target }
    }]
  },
  [`${target} A`]: { answers: [{ type: "A", name: target, ttl: 300, data: "192.0.2.1" }] },
  [`_5269._tcp.${target} TLSA`]: {
    answers: [{
      type: "TLSA",
      name: `_5269._tcp.${target}`,
      ttl: 300,
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
})

const hasUsage = (table: Row["zone"], usage: number): boolean => JSON.stringify(table).includes(`"usage":${usage},`)
