import { assert, describe, it } from "@effect/vitest"
import { greenhouse } from "@posh/testing"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import type { Association } from "../../../src/association/Association.ts"
import { ResolveError } from "../../../src/association/ResolveError.ts"
import { AssociationStore } from "../../../src/cache/store/AssociationStore.ts"
import { decodeAssociation, decodeNegative, encodeAssociation, encodeNegative } from "../../../src/cache/store/codec.ts"
import { unwrap } from "../../../src/cache/store/codec/envelope.ts"
import { layerMemory } from "../../../src/cache/store/MemoryStore.ts"
import type { Domain } from "../../../src/question/Domain.ts"
import type { ServiceKey } from "../../../src/question/Service.ts"
import { makeKey } from "../../../src/question/StoreKey.ts"
import { Verifier } from "../../../src/Verifier.ts"
import { makeWeb, type Page, testPolicy } from "../../fakeFetcher.ts"
import { within } from "../../mutation.ts"
import {
  type Change,
  day,
  domain,
  fingerprints,
  forged,
  framed,
  interim,
  type Json,
  jwkSet,
  keys,
  negative,
  now,
  service,
  unreadableIssuer
} from "./stored.ts"
import { negativeAt, plain } from "./storeSuite.ts"
import { toPlain } from "./toPlain.ts"

const forgedAssociation = (association: Association, change: Change) =>
  decodeAssociation(forged(encodeAssociation(association), change), keys[association.generation])

describe("associations", () => {
  const rows: ReadonlyArray<readonly [name: string, association: Association]> = [
    ["fingerprints", fingerprints],
    ["a JWK Set, its dates and hashes derived anew", jwkSet],
    ["fingerprints at the path of the draft (NEG-08)", interim],
    ["a chain with an unreadable issuer (FMT-29)", unreadableIssuer],
    ["without evidence", { ...fingerprints, hops: [], lints: [] }]
  ]
  it.each(rows)("are decoded as they were: %s", (_, association) => {
    const text = encodeAssociation(association)
    assert.strictEqual((JSON.parse(text) as Json)["v"], 1)
    assert.deepStrictEqual(decodeAssociation(text, keys[association.generation]), association)
  })

  it("of another key is refused (CAC-03)", () => {
    const text = encodeAssociation(fingerprints)
    for (
      const key of [
        keys.draft,
        makeKey("orchard.example" as Domain, service, "rfc7711"),
        makeKey(domain, "xmpp-client" as ServiceKey, "rfc7711")
      ]
    ) assert.isUndefined(decodeAssociation(text, key), key.text)
  })

  it("text that is too long is truncated, and material never", () => {
    const message = "x".repeat(100_000)
    const lints = [{ ...fingerprints.lints[0]!, message }]
    const read = decodeAssociation(encodeAssociation({ ...fingerprints, lints }), keys.rfc7711)
    assert.strictEqual(read?.lints[0]?.message, message.slice(0, 4_096))
    const many = Array.from({ length: 1_000 }, () => fingerprints.lints[0]!)
    const shortened = decodeAssociation(encodeAssociation({ ...fingerprints, lints: many }), keys.rfc7711)
    assert.lengthOf(shortened?.lints ?? [], 256)
    assert.deepStrictEqual(shortened?.material, fingerprints.material)
  })

  const life = (change: Json): Change => (body) => ({ ...body, lifetime: { ...body.lifetime, ...change } })
  const hop = (change: Json): Change => (body) => ({ ...body, hops: [{ ...body.hops[0], ...change }] })
  const finding = (change: Json): Change => (body) => ({ ...body, lints: [{ ...body.lints[0], ...change }] })
  const descriptors = (change: (...all: ReadonlyArray<Json>) => ReadonlyArray<unknown>): Change => (body) => ({
    ...body,
    material: { ...body.material, descriptors: change(...body.material.descriptors) }
  })
  const hashes = (hashes: Json) => descriptors((one) => [{ ...one, hashes }])
  const entries = (change: (...all: ReadonlyArray<Json>) => ReadonlyArray<unknown>): Change => (body) => ({
    ...body,
    material: { ...body.material, entries: change(...body.material.entries) }
  })
  const refused: ReadonlyArray<readonly [name: string, association: Association, change: Change]> = [
    ["another member", fingerprints, (body) => ({ ...body, trusted: true })],
    ["no material", fingerprints, (body) => ({ ...body, material: undefined })],
    ["an unknown generation", fingerprints, (body) => ({ ...body, generation: "g2" })],
    ["an unknown delegation", fingerprints, (body) => ({ ...body, delegation: "none" })],
    ["a delegated domain that is an address", fingerprints, (body) => ({ ...body, delegatedDomain: "192.0.2.1" })],
    ["a delegated domain not in canonical form", fingerprints, (body) => ({ ...body, delegatedDomain: "A.example" })],
    ["no descriptor", fingerprints, descriptors(() => [])],
    ["a descriptor without a hash", fingerprints, hashes({})],
    ["a hash too short", fingerprints, hashes({ "sha-256": "AAAA" })],
    ["a hash too long", fingerprints, hashes({ "sha-256": "A".repeat(64) })],
    ["a hash that is no base64", fingerprints, hashes({ "sha-256": "*".repeat(44) })],
    ["a hash without padding", fingerprints, hashes({ "sha-256": "A".repeat(43) })],
    ["a weak hash", fingerprints, hashes({ "sha-1": "A".repeat(27) + "=" })],
    [
      "65 descriptors",
      fingerprints,
      descriptors((one) => Array.from({ length: 65 }, (_, index) => ({ ...one, index })))
    ],
    ["descriptors out of order", fingerprints, descriptors((one, two) => [two, one])],
    ["a fractional index", fingerprints, descriptors((one) => [{ ...one, index: 0.5 }])],
    ["rfc7711: revalidation before expiry", fingerprints, life({ revalidateAt: now })],
    ["rfc7711: expiry after all else", fingerprints, life({ expiresAt: now + 2 * day })],
    ["fetched after expiry", fingerprints, life({ fetchedAt: now + 2 * day })],
    ["a negative instant", fingerprints, life({ fetchedAt: -1 })],
    ["a fraction of a millisecond", fingerprints, life({ fetchedAt: now + 0.5 })],
    ["an instant as text", fingerprints, life({ fetchedAt: String(now) })],
    ["an instant after the maximum time value", jwkSet, life({ expiresAt: 8.64e15 + 1 })],
    ["grace before revalidation", jwkSet, life({ graceUntil: now })],
    ["expiry before grace", jwkSet, life({ expiresAt: now + 2 * day })],
    ["CAC-20: expiry after the certificates", jwkSet, life({ expiresAt: Date.parse("2036-06-05T00:00:00.001Z") })],
    ["no entry", jwkSet, entries(() => [])],
    ["33 entries", jwkSet, entries((one) => Array.from({ length: 33 }, (_, index) => ({ ...one, index })))],
    ["an entry without a chain", jwkSet, entries((one) => [{ ...one, chain: [] }])],
    [
      "a chain of 11",
      unreadableIssuer,
      entries((one) => [{ ...one, chain: [greenhouse.jwkSet.keys[0].x5c[0], ...Array<string>(10).fill("")] }])
    ],
    ["a leaf that is no certificate", jwkSet, entries((one) => [{ ...one, chain: ["AAAA"] }])],
    ["a leaf that is unreadable, beside a good one", jwkSet, entries((one, two) => [{ ...one, chain: [""] }, two])],
    ["dates that claim to be known", jwkSet, entries((one) => [{ ...one, notAfter: 8.64e15 }])],
    ["a hop over http", fingerprints, hop({ url: "http://a.example/" })],
    ["a hop to nowhere", fingerprints, hop({ url: "https://" })],
    ["a hop with a URL too long", fingerprints, hop({ url: `https://a.example/${"x".repeat(2_048)}` })],
    ["a hop with an impossible status", fingerprints, hop({ status: 1_000 })],
    ["a hop with an unknown document", fingerprints, hop({ document: "html" })],
    ["a hop with a digest that is none", fingerprints, hop({ documentSha256: "A".repeat(64) })],
    ["a hop with a digest of another length", fingerprints, hop({ documentSha256: "a".repeat(63) })],
    ["13 hops", fingerprints, (body) => ({ ...body, hops: Array.from({ length: 13 }, () => body.hops[0]) })],
    ["a finding with an unknown code", fingerprints, finding({ code: "toString" })],
    ["a finding with an unknown severity", fingerprints, finding({ severity: "fatal" })],
    ["a finding with a long message", fingerprints, finding({ message: "x".repeat(4_097) })],
    ["a finding with a terminal escape", fingerprints, finding({ message: "\u009b31m" })],
    ["a finding with a bidirectional mark in its path", fingerprints, finding({ path: "\u202e" })],
    ["a hop with a URL that is no URI", fingerprints, hop({ url: "https://a.example/\u202e" })],
    ["a hop at an address with a line end", fingerprints, hop({ address: "192.0.2.1\n" })],
    ["a name of a key with a control character", jwkSet, entries((one, two) => [{ ...one, kid: "\u0085" }, two])],
    ["257 findings", fingerprints, (body) => ({ ...body, lints: Array.from({ length: 257 }, () => body.lints[0]) })]
  ]
  it.each(refused)("forged with %s are refused", (_, association, change) => {
    assert.isDefined(forgedAssociation(association, (body) => body))
    assert.isUndefined(forgedAssociation(association, change))
  })

  it("a JWK Set is refused where fingerprints belong (FMT-71)", () => {
    const text = forged(encodeAssociation(jwkSet), (body) => ({ ...body, generation: "rfc7711" }))
    assert.isUndefined(decodeAssociation(text, keys.rfc7711))
  })
})

describe("negative entries", () => {
  it("are decoded as they were, with a ResolveError", () => {
    for (const original of [negative, negativeAt(now)]) {
      const read = decodeNegative(encodeNegative(original, keys.draft), keys.draft)
      assert.deepStrictEqual(plain(read), plain(original))
      assert.instanceOf(read?.error, ResolveError)
      assert.strictEqual(read?.error.message, original.error.message)
    }
  })

  it("of another key is refused, and so is an association", () => {
    assert.isUndefined(decodeNegative(encodeNegative(negative, keys.draft), keys.rfc7711))
    assert.isUndefined(decodeNegative(encodeAssociation(fingerprints), keys.rfc7711))
    assert.isUndefined(decodeAssociation(encodeNegative(negative, keys.rfc7711), keys.rfc7711))
  })

  const error = (change: Json): Change => (body) => ({ ...body, error: { ...body.error, ...change } })
  const refused: ReadonlyArray<readonly [name: string, change: Change]> = [
    ["a code that is never remembered", error({ code: "DeadlineExceeded" })],
    ["a code that refuses questions", error({ code: "InvalidRequest" })],
    ["an unknown code", error({ code: "constructor" })],
    ["an insecure URL", error({ url: "http://a.example/" })],
    ["a long detail", error({ detail: "x".repeat(4_097) })],
    ["a detail with a control character", error({ detail: "\u009b" })],
    ["no hops", error({ hops: null })],
    ["an end before its beginning", (body) => ({ ...body, until: now - 1 })],
    ["more than the hard cap (CAC-31)", (body) => ({ ...body, until: now + 3_600_001 })],
    ["no failure", (body) => ({ ...body, failures: 0 })],
    ["nothing published, by a code that cannot say so (NEG-06)", error({ code: "AccessDenied" })]
  ]
  it.each(refused)("forged with %s are refused", (_, change) => {
    const text = encodeNegative(negative, keys.draft)
    assert.isDefined(decodeNegative(forged(text, (body) => body), keys.draft))
    assert.isUndefined(decodeNegative(forged(text, change), keys.draft))
  })
})

describe("the frame", () => {
  const odd = { code: "ExpiresShort", severity: "info", message: "\ufffd" } as const
  const text = encodeAssociation({ ...fingerprints, lints: [odd] })
  it.each([
    ["nothing", ""],
    ["no JSON", "garbage"],
    ["another version", text.replace(`"v":1`, `"v":2`)],
    ["no digest", text.replace(/"sha256":"[^"]+",/, "")],
    ["another digest", text.replace(/"sha256":"[^"]+"/, `"sha256":"${"A".repeat(43)}="`)],
    ["an octet more", `${text} `],
    ["an octet less", text.slice(0, -1)],
    ["the head alone", text.slice(0, 64)],
    ["a lone surrogate", text.replace("\ufffd", "\ud800")],
    ["a body that is no JSON", framed("{]")],
    ["a body without members", framed("{}")],
    ["a negative zero", framed((unwrap(text) ?? "").replace(`"index":0`, `"index":-0`))],
    ["__proto__", forged(text, (body) => JSON.parse(JSON.stringify(body).replace("{", `{"__proto__":{},`)))]
  ])("%s is nothing", (_, damaged) => assert.isUndefined(decodeAssociation(damaged, keys.rfc7711)))

  it("input over 1 MiB is refused at once, valid or not", () => {
    const padded = `${text}${" ".repeat(1024 * 1024)}`
    within(5, () => assert.isUndefined(decodeAssociation(padded, keys.rfc7711)))
    within(5, () => assert.isUndefined(decodeAssociation("x".repeat(256 * 1024 * 1024), keys.rfc7711)))
  })

  it.each([
    ["deep", `{"a":${"[".repeat(900_000)}`],
    ["wide", `{"lints":[${"null,".repeat(180_000)}null]}`],
    ["many members", `{${Array.from({ length: 60_000 }, (_, index) => `"${index}":1`).join()}}`],
    ["many bad findings", `{"lints":[${`{"code":"x"},`.repeat(70_000)}null]}`],
    ["a long URL", `{"hops":[{"url":"https://${"a".repeat(900_000)}"}]}`],
    ["long octets", `{"material":{"_tag":"JwkSet","entries":[{"index":0,"chain":["${"A".repeat(900_000)}"]}]}}`]
  ])("hostile: %s", (_, body) => {
    const text = framed(body)
    assert.strictEqual(unwrap(text), body)
    within(1_000, () => assert.isUndefined(decodeAssociation(text, keys.rfc7711)))
    within(1_000, () => assert.isUndefined(decodeNegative(text, keys.rfc7711)))
  })
})

describe("results of real resolutions", () => {
  const here = "https://chat.orchard.example"
  const there = greenhouse.reference.url
  const worlds: ReadonlyArray<readonly [name: string, pages: Readonly<Record<string, Page>>]> = [
    ["fingerprints", { [`${here}${greenhouse.rfcPath}`]: { json: greenhouse.fingerprints } }],
    ["nothing, then a JWK Set", { [`${here}${greenhouse.draftPath}`]: { json: greenhouse.jwkSet } }],
    ["a reference", {
      [`${here}${greenhouse.rfcPath}`]: { json: greenhouse.reference },
      [there]: { json: greenhouse.fingerprints }
    }],
    ["a redirect to another site", {
      [`${here}${greenhouse.rfcPath}`]: { status: 302, headers: [["location", there]] },
      [there]: { json: greenhouse.fingerprints }
    }],
    ["a document with findings", {
      [`${here}${greenhouse.rfcPath}`]: { json: { fingerprints: [{ x: 1 }], expires: 1 } }
    }],
    ["a refusal", { [`${here}${greenhouse.rfcPath}`]: { status: 403 } }],
    ["a busy host", { [`${here}${greenhouse.rfcPath}`]: { status: 429, headers: [["retry-after", "120"]] } }],
    ["silence", { [`${here}${greenhouse.rfcPath}`]: { fault: "ConnectTimeout" } }]
  ]
  for (const [name, pages] of worlds) {
    it.effect(`comes back as it was: ${name}`, () =>
      Effect.gen(function*() {
        yield* TestClock.setTime(now)
        const store = yield* AssociationStore
        yield* Verifier.use((verifier) => verifier.report(domain, service))
        const { negative, association } = yield* store.get(keys.rfc7711)
        const older = yield* store.get(keys.draft)
        assert.isTrue(negative !== undefined || association !== undefined)
        for (const known of [association, older.association]) {
          if (known === undefined) continue
          assert.deepStrictEqual(decodeAssociation(encodeAssociation(known), keys[known.generation]), toPlain(known))
        }
        for (const known of [negative, older.negative]) {
          if (known === undefined) continue
          assert.deepStrictEqual(plain(decodeNegative(encodeNegative(known, keys.draft), keys.draft)), plain(known))
        }
      }).pipe(
        Effect.provide(
          Verifier.layerNoDeps(testPolicy).pipe(
            Layer.provideMerge(layerMemory({ entries: 10, octets: 1e9 })),
            Layer.provide(makeWeb(pages).layer)
          )
        )
      ))
  }
})
