/**
 * How long the worst inputs hold the event loop: each is one synchronous piece of work that a stranger's document or a
 * caller's certificate chooses (POSH-SEC-13, POSH-REQ-07). The promise is 50 ms on a machine with nothing else to do; a busy
 * or slow one is allowed {@link slowness} times that. The figures are printed.
 */
import { assert, describe, it } from "@effect/vitest"
import { base64 } from "@posh/testing"
import { Result } from "effect"
import { generateKeyPairSync } from "node:crypto"
import type { JwkEntry } from "../../src/association/Material.ts"
import { decodeAssociation, encodeAssociation } from "../../src/cache/store/codec.ts"
import { documentLimits } from "../../src/Limits.ts"
import { lintLeaf } from "../../src/presented/LeafProfile.ts"
import { canonicalNames, compareNames } from "../../src/presented/NameCheck.ts"
import { parsePresented } from "../../src/presented/parsePresented.ts"
import { makeChainCheck } from "../../src/proof/posh/ChainCheck.ts"
import { parseDocument } from "../../src/proof/posh/Document.ts"
import { lintDocument } from "../../src/publish/lint.ts"
import { type Domain, parseDomain } from "../../src/question/Domain.ts"
import { parseService, registeredServices } from "../../src/question/Service.ts"
import { makeKey } from "../../src/question/StoreKey.ts"
import { parseCertificate } from "../../src/x509/Certificate.ts"
import type { PresentedNames } from "../../src/x509/names.ts"
import { extension, forge, type Parts, point, yes } from "../forged.ts"
import { name, oid, sequence, text, tlv } from "../x509/chain/der.ts"
import { certificate, common, type Keys, makeKeys } from "../x509/chain/forge.ts"
import { assertHeld } from "./measure.ts"

const promisedMs = 50
const slowness = 5

const now = Date.UTC(2026, 6, 1)
const repeat = <A>(count: number, make: (index: number) => A) =>
  Array.from({ length: count }, (_, index) => make(index))
const base64url = (octets: Uint8Array) => Buffer.from(octets).toString("base64url")

const holds = (what: string, run: () => unknown) =>
  it(what, () => {
    run() // once for the compiler: a service that has just started is slower once, not each time
    const ms = assertHeld(promisedMs * slowness, run)
    console.info(`${ms.toFixed(1).padStart(6)} ms  ${what}`)
  })

// Certificates of 32 KiB with as much as possible of something.
const filled = (size: number, octet = 0x7f) => new Uint8Array(size).fill(octet)
const longOid = tlv(0x06, Uint8Array.of(0x55), filled(60, 0xff), Uint8Array.of(1))
const names = (...values: ReadonlyArray<Uint8Array>): Parts => ({
  extensions: [extension("2.5.29.17", sequence(...values))]
})
const xmppAddr = (value: string) => tlv(0xa0, oid("1.3.6.1.5.5.7.8.5"), tlv(0xa0, text(0x0c, value)))
const ideographs = (seed: number) =>
  String.fromCodePoint(...repeat(330, (index) => 0x4e00 + (seed * 331 + index * 7_919) % 20_000))
const worst: Record<string, Parts> = {
  "16,000 empty names": names(...repeat(16_000, () => text(0x82, ""))),
  "6,000 names": names(...repeat(6_000, () => text(0x82, "abc"))),
  "1,700 addresses": names(...repeat(1_700, () => tlv(0x87, filled(16)))),
  "31 XmppAddr of 990 octets of U-labels": names(...repeat(31, (index) => xmppAddr(ideographs(index)))),
  "900 XmppAddr of U-labels": names(...repeat(900, (index) => xmppAddr(`ü${index}.example`))),
  "480 purposes of 60 octets": { extensions: [extension("2.5.29.37", sequence(...repeat(480, () => longOid)))] },
  "8,000 purposes": { extensions: [extension("2.5.29.37", sequence(...repeat(8_000, () => oid("1.2.9"))))] },
  "100 critical extensions": { extensions: repeat(100, (index) => extension(`2.999.${index}`, filled(200), yes)) },
  "a subject of 90 parts": { subject: name(...repeat(90, () => ["2.5.4.3", 0x0c, "x".repeat(300)] as const)) },
  "a subject that composition makes longer": { subject: name(["2.5.4.3", 0x0c, "\ufdfa".repeat(10_000)]) }
}
const service = Result.getOrThrow(parseService("xmpp-server", registeredServices))
const domains = ["a.example", "b.example", "c.example"] as const
const compare = (names: PresentedNames) => {
  const [source, delegated, derived] = domains as ReadonlyArray<string> as ReadonlyArray<Domain>
  compareNames({ names: canonicalNames(names), source: source!, delegated: delegated!, derived: [derived!], service })
}

describe("a certificate in question", () => {
  for (const [what, parts] of Object.entries(worst)) {
    const der = forge(parts)
    const chain = repeat(10, () => base64(der))
    holds(what, () => Result.getOrThrow(parsePresented({ domain: "", service: "", chain })))
    holds(`${what}, all that it says of itself`, () => {
      const certificate = Result.getOrThrow(parseCertificate(der))
      const { issuer, names, serialNumber, subject } = certificate
      compare(names)
      return [issuer, serialNumber, subject, lintLeaf(certificate)]
    })
  }

  const block = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
  const texts: Record<string, string> = {
    "1 MiB of PEM blocks": block.repeat(16_000),
    "1 MiB of beginnings": "-----BEGIN CERTIFICATE-----\n".repeat(37_000),
    "1 MiB of dashes": "-".repeat(1 << 20),
    "1 MiB of labels": "-----BEGIN PRIVATE ".repeat(55_000)
  }
  for (const [what, certificate] of Object.entries(texts)) {
    holds(what, () => assert(Result.isFailure(parsePresented({ domain: "", service: "", certificate }))))
  }
})

describe("a domain in question", () => {
  for (const domain of [ideographs(1), "a.".repeat(511), "ü.".repeat(340), "xn--tda.".repeat(127)]) {
    holds(`${domain.slice(0, 8)}…`, () => parseDomain(domain, { allowSpecialUse: true }))
  }
})

// The key of every certificate here that has no other.
const jwkOf = (...x5c: ReadonlyArray<Uint8Array>) => ({
  kty: "EC",
  crv: "P-256",
  x: base64url(point.subarray(1, 33)),
  y: base64url(point.subarray(33)),
  x5c: x5c.map(base64)
})
/** As many entries as a document holds, each of them another. */
const setOf = (make: (serial: Parts) => ReadonlyArray<Uint8Array>) => {
  const keys = repeat(documentLimits.keys, (index) => jwkOf(...make({ serial: tlv(0x02, Uint8Array.of(index + 1)) })))
  const fitting = Math.min(
    keys.length,
    Math.floor((documentLimits.jwkSetOctets - 64) / (JSON.stringify(keys[0]).length + 3))
  )
  return Buffer.from(JSON.stringify({ keys: keys.slice(0, fitting) }))
}
const reading = { generation: "draft", acceptInterim: false, referenced: false, now } as const

describe("a JWK Set", () => {
  const sets: Record<string, Uint8Array> = {
    ...Object.fromEntries(
      Object.entries(worst).map(([what, parts]) => [what, setOf((serial) => [forge({ ...parts, ...serial })])])
    ),
    "32 leaves of 250 XmppAddr": setOf((serial) => [
      forge({ ...serial, ...names(...repeat(250, (index) => xmppAddr(`${index}`))) })
    ]),
    "320 certificates": setOf((serial) => repeat(10, () => forge({ ...serial }))),
    "20,000 members": Buffer.from(`{${repeat(20_000, (index) => `"${index}":0`).join()},"keys":[]}`),
    "100,000 numbers": Buffer.from(`{"a":[${repeat(100_000, () => "1").join()}],"keys":[]}`)
  }
  for (const [what, octets] of Object.entries(sets)) {
    holds(what, () => parseDocument(octets, reading))
    const document = Result.getOrUndefined(parseDocument(octets, reading))
    if (document?._tag !== "PublishedJwkSet") continue
    const key = makeKey("hostile.example" as Domain, service.key, "draft")
    const stored = encodeAssociation({
      domain: key.domain,
      service: key.service,
      generation: "draft",
      material: document.material,
      lints: [],
      hops: [],
      delegation: "possession",
      delegatedDomain: key.domain,
      lifetime: { fetchedAt: now, revalidateAt: now, graceUntil: now, expiresAt: now }
    })
    holds(`${what}, from a store`, () => assert.isDefined(decodeAssociation(stored, key)))
  }
})

describe("the chains of a JWK Set", () => {
  const ca = common("CA")
  const [leafKeys, stranger, p256] = [makeKeys(), makeKeys(), makeKeys()]
  const isCa = extension("2.5.29.19", sequence(yes), yes)
  const issuerOf = (keys: Keys, ...extensions: ReadonlyArray<Uint8Array>) =>
    certificate({ subject: ca, issuer: ca, keys, issuerKeys: keys, extensions: [isCa, ...extensions] })
  /** Signed by a stranger, so that all chains are looked at; each another, so that none is known from before. */
  const leafOf = (index: number, ...names: ReadonlyArray<Uint8Array>) =>
    certificate({
      issuer: ca,
      keys: leafKeys,
      issuerKeys: stranger,
      extensions: [extension("2.5.29.17", sequence(text(0x82, `${index}`), ...names))]
    })
  const excluded = (count: number, base: (index: number) => Uint8Array) =>
    extension("2.5.29.30", sequence(tlv(0xa1, ...repeat(count, (index) => sequence(base(index))))), yes)
  const directory = (last: string) =>
    tlv(0xa4, name(...repeat(8, () => ["2.5.4.10", 0x0c, "x"] as const), ["2.5.4.3", 0x0c, last]))
  const keys: Record<string, Keys> = {
    "P-256": p256,
    "P-384": generateKeyPairSync("ec", { namedCurve: "P-384" }),
    "P-521": generateKeyPairSync("ec", { namedCurve: "P-521" }),
    "RSA of 8,192 bits": generateKeyPairSync("rsa", { modulusLength: 8_192 })
  }
  const addresses = (from: number) => (index: number) => text(0x82, `${index}.${from}`)
  const chains: Record<string, (index: number) => ReadonlyArray<Uint8Array>> = {
    ...Object.fromEntries(
      Object.entries(keys).flatMap(([what, keys]) => {
        const issuer = issuerOf(keys)
        return [
          [`nine times ${what}`, (index: number) => [leafOf(index), ...repeat(9, () => issuer)]],
          [`${what}`, (index: number) => [leafOf(index), issuer]]
        ]
      })
    ),
    "250 names under 240 constraints": (index) => [
      leafOf(index, ...repeat(250, addresses(1))),
      issuerOf(p256, excluded(240, addresses(2)))
    ],
    "200 directories under 200 constraints": (index) => [
      leafOf(index, ...repeat(200, (index) => directory(`a${index}`))),
      issuerOf(p256, excluded(200, (index) => directory(`b${index}`)))
    ],
    "8,000 names under one constraint": (index) => [
      leafOf(index, ...repeat(8_000, () => text(0x82, ""))),
      issuerOf(p256, excluded(1, addresses(1)))
    ],
    "4,000 constraints": (index) => [leafOf(index), issuerOf(p256, excluded(4_000, () => text(0x82, "a")))],
    "3,000 policies": (index) => [
      leafOf(index),
      issuerOf(p256, extension("2.5.29.32", sequence(...repeat(3_000, (index) => sequence(oid(`2.999.${index}`))))))
    ],
    "90 extensions in each of nine": (index) => [
      leafOf(index),
      ...repeat(9, () => issuerOf(p256, ...repeat(90, (index) => extension(`2.999.${index}`, Uint8Array.of(5, 0)))))
    ]
  }
  for (const [what, make] of Object.entries(chains)) {
    const all = repeat(documentLimits.keys, make)
    const octets = (chain: ReadonlyArray<Uint8Array>) => chain.reduce((sum, der) => sum + der.length * 4 / 3 + 4, 200)
    const fitting = Math.min(all.length, Math.floor(documentLimits.jwkSetOctets / octets(all[0] ?? [])))
    const entries = (): ReadonlyArray<JwkEntry> =>
      all.slice(0, fitting).map((chain, index) => ({
        index,
        chain,
        notBefore: 0,
        notAfter: now,
        sha256: new Uint8Array(),
        spkiSha256: new Uint8Array()
      }))
    const ask = (entries: ReadonlyArray<JwkEntry>) => {
      const { faultOf } = makeChainCheck("require", { now, allowSha1: false })
      for (const entry of entries) assert.isDefined(faultOf(entry))
    }
    holds(`${what}, for the first time`, () => ask(entries()))
    const known = entries()
    it(`${what}, once known`, () => {
      ask(known)
      assertHeld(10, () => ask(known))
    })
  }

  const document = setOf((serial) => [forge(serial), ...repeat(9, () => issuerOf(keys["P-521"]!))])
  holds("examined for its publisher", () => lintDocument({ document, generation: "draft", now }))
})
