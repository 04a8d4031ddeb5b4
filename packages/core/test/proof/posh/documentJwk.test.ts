import { assert, describe, it } from "@effect/vitest"
import { greenhouse, jwkSetDocument, seedDay, seedExample1, seedExample2, selfSigned } from "@posh/testing"
import { Effect, Result } from "effect"
import { createHash, createPublicKey, ECDH, X509Certificate } from "node:crypto"
import { bits, extension, forge, spkiOf } from "../../forged.ts"
import { oid } from "../../x509/chain/der.ts"
import { draft, judge, lintsOf, parse } from "./documents.ts"

const [ec, other] = greenhouse.jwkSet.keys
const [rsa] = seedExample1.document.keys
const [otherRsa] = seedExample2.document.keys
const base64 = (octets: Uint8Array) => Buffer.from(octets).toString("base64")
const base64url = (octets: Uint8Array) => Buffer.from(octets).toString("base64url")
const [leafText] = ec.x5c
const leaf = Buffer.from(leafText, "base64")
const thumbprint = (name: string) => createHash(name).update(leaf).digest("base64url")
const ed25519 = await Effect.runPromise(selfSigned({ key: "ed25519" }))
const p384 = await Effect.runPromise(selfSigned({ key: "p384" }))
const day = { ...draft, now: Date.now() }
const seeds = { ...draft, now: seedDay.getTime() }

describe("keys of all kinds (1.2)", () => {
  it.each<[string, object, typeof draft]>([
    ["EC P-256", ec, draft],
    ["EC P-384", jwkSetDocument([p384]).keys[0] ?? {}, day],
    ["OKP Ed25519", jwkSetDocument([ed25519]).keys[0] ?? {}, day],
    ["FMT-27 RSA with a leading zero", rsa ?? {}, seeds],
    ["FMT-26 RSA without", { ...rsa, n: base64url(Buffer.from(rsa?.n ?? "", "base64url").subarray(1)) }, seeds],
    ["FMT-26 RSA with many zeros", { ...rsa, e: base64url(Buffer.from("0000010001", "hex")) }, seeds],
    ["FMT-31 thumbprints", { ...ec, "x5t": thumbprint("sha1"), "x5t#S256": thumbprint("sha256") }, draft],
    ["FMT-32 x5u is ignored", { ...ec, x5u: 1 }, draft],
    ["FMT-33 use, key_ops, alg of any type", { ...ec, use: 1, key_ops: {}, alg: [] }, draft],
    ["FMT-04 unknown members", { ...ec, D: "private?", priv: 1 }, draft]
  ])("%s", (_, key, options) => assert.strictEqual(judge({ keys: [key] }, options), "PublishedJwkSet"))

  it("FMT-26 EC with a compressed point in the certificate", () => {
    const point = Buffer.from([4, ...Buffer.from(ec.x, "base64url"), ...Buffer.from(ec.y, "base64url")])
    const compressed = Buffer.from(ECDH.convertKey(point, "prime256v1", undefined, undefined, "compressed"))
    const certificate = (octets: Uint8Array) =>
      base64(forge({ spki: spkiOf("1.2.840.10045.2.1", oid("1.2.840.10045.3.1.7"), octets) }))
    assert.strictEqual(judge({ keys: [{ ...ec, x5c: [certificate(compressed)] }] }, draft), "PublishedJwkSet")
    assert.strictEqual(judge({ keys: [{ ...other, x5c: [certificate(compressed)] }] }, draft), "NoUsableJwk")
    assert.strictEqual(judge({ keys: [{ ...ec, x5c: [certificate(compressed.fill(0xff, 1))] }] }, draft), "NoUsableJwk")
  })
})

it("FMT-26 the same coordinates on another curve are another key", () => {
  const point = Buffer.concat([Uint8Array.of(4), Buffer.from(ec.x, "base64url"), Buffer.from(ec.y, "base64url")])
  const secp256k1 = base64(forge({ spki: spkiOf("1.2.840.10045.2.1", oid("1.3.132.0.10"), point) }))
  assert.deepStrictEqual(lintsOf({ keys: [{ ...ec, x5c: [secp256k1] }] }, draft), ["JwkKeyMismatch keys[0]"])
})

it("FMT-28 the leading zero of a coordinate is significant", () => {
  const x = Buffer.alloc(32, 1).fill(0, 0, 2)
  const point = Buffer.concat([Uint8Array.of(4), x, x])
  const certificate = base64(forge({ spki: spkiOf("1.2.840.10045.2.1", oid("1.2.840.10045.3.1.7"), point) }))
  const key = { kty: "EC", crv: "P-256", x: base64url(x), y: base64url(x), x5c: [certificate] }
  assert.deepStrictEqual(lintsOf({ keys: [key] }, draft), [])
})

describe("entries that cannot be used (FMT-21, FMT-22)", () => {
  const der = (octets: Uint8Array) => ({ ...ec, x5c: [base64(octets)] })
  const rows: ReadonlyArray<readonly [string, unknown, string]> = [
    ["not an object", "x", "JwkMissingMember keys[0]"],
    ["null", null, "JwkMissingMember keys[0]"],
    ["an array", [], "JwkMissingMember keys[0]"],
    ["no kty", { ...ec, kty: undefined }, "JwkMissingMember keys[0].kty"],
    ["kty of another type", { ...ec, kty: ["EC"] }, "JwkMissingMember keys[0].kty"],
    ["unknown kty", { ...ec, kty: "oct" }, "JwkUnsupportedKeyType keys[0].kty"],
    ["the prooftype of 2013", { kty: "PKIX", x5c: [leafText] }, "JwkUnsupportedKeyType keys[0].kty"],
    ["kty in lower case", { ...ec, kty: "ec" }, "JwkUnsupportedKeyType keys[0].kty"],
    ["kty of an object's own", { ...ec, kty: "constructor" }, "JwkUnsupportedKeyType keys[0].kty"],
    ["no crv", { ...ec, crv: undefined }, "JwkMissingMember keys[0].crv"],
    ["unknown crv", { ...ec, crv: "secp256k1" }, "JwkUnsupportedKeyType keys[0].crv"],
    ["X25519", { ...ec, kty: "OKP", crv: "X25519" }, "JwkUnsupportedKeyType keys[0].crv"],
    ["no x", { ...ec, x: undefined }, "JwkMissingMember keys[0].x"],
    ["no y", { ...ec, y: undefined }, "JwkMissingMember keys[0].y"],
    ["no n", { ...rsa, n: undefined }, "JwkMissingMember keys[0].n"],
    ["no e", { ...rsa, e: undefined }, "JwkMissingMember keys[0].e"],
    ["e as a number", { ...rsa, e: 65_537 }, "JwkMissingMember keys[0].e"],
    ["empty n", { ...rsa, n: "" }, "JwkMissingMember keys[0].n"],

    ["no x5c", { ...ec, x5c: undefined }, "JwkMissingX5c keys[0]"],
    [
      "NEG-08 x5t alone",
      { ...ec, "x5c": undefined, "x5t": thumbprint("sha1"), "x5t#S256": thumbprint("sha256") },
      "JwkMissingX5c keys[0]"
    ],
    ["1.6 no x5c, before the value of n", { kty: "RSA", n: "…", e: "AQAB" }, "JwkMissingX5c keys[0]"],
    ["x5c as text", { ...ec, x5c: leafText }, "JwkMissingX5c keys[0].x5c"],
    ["empty x5c", { ...ec, x5c: [] }, "JwkMissingX5c keys[0].x5c"],

    ["FMT-24 x5c of another type", { ...ec, x5c: [1] }, "JwkBadBase64 keys[0].x5c[0]"],
    [
      "FMT-24 base64url",
      { ...rsa, x5c: rsa?.x5c.map((text) => text.replaceAll("+", "-").replaceAll("/", "_")) },
      "JwkBadBase64 keys[0].x5c[0]"
    ],
    ["A.3.11 spaces", { ...ec, x5c: [leafText.replace(/(.{60})/g, "$1 ")] }, "JwkBadBase64 keys[0].x5c[0]"],
    ["FMT-24 line breaks", { ...ec, x5c: [leafText.replace(/(.{64})/g, "$1\n")] }, "JwkBadBase64 keys[0].x5c[0]"],
    ["FMT-24 PEM", { ...ec, x5c: [new X509Certificate(leaf).toString()] }, "JwkBadBase64 keys[0].x5c[0]"],
    ["FMT-10 padding", { ...ec, x: `${ec.x}=` }, "JwkBadBase64 keys[0].x"],
    ["FMT-10 base64 in y", { ...ec, y: `${ec.y.slice(0, -1)}/` }, "JwkBadBase64 keys[0].y"],
    ["FMT-10 spaces in n", { ...rsa, n: rsa?.n.replace(/(.{60})/g, "$1 ") }, "JwkBadBase64 keys[0].n"],

    ["FMT-29 empty", { ...ec, x5c: [""] }, "JwkCertificateMalformed keys[0].x5c[0]"],
    ["FMT-29 trailing octets", der(Buffer.concat([leaf, Buffer.alloc(1)])), "JwkCertificateMalformed keys[0].x5c[0]"],
    ["FMT-29 the end cut off", der(leaf.subarray(0, -1)), "JwkCertificateMalformed keys[0].x5c[0]"],
    [
      "FMT-29 the key alone",
      der(createPublicKey({ key: ec, format: "jwk" }).export({ type: "spki", format: "der" })),
      "JwkCertificateMalformed keys[0].x5c[0]"
    ],

    ["FMT-28 a coordinate too short", { ...ec, x: base64url(Buffer.alloc(31, 1)) }, "JwkMissingMember keys[0].x"],
    ["FMT-28 a coordinate too long", {
      ...ec,
      x: base64url(Buffer.concat([Buffer.alloc(1), Buffer.from(ec.x, "base64url")]))
    }, "JwkMissingMember keys[0].x"],
    ["FMT-26 another EC key", { ...ec, x: other.x, y: other.y }, "JwkKeyMismatch keys[0]"],
    [
      "FMT-26 the other half of the curve",
      { ...ec, y: base64url(Buffer.from(ec.y, "base64url").fill(0, 31)) },
      "JwkKeyMismatch keys[0]"
    ],
    ["V12 another modulus", { ...rsa, n: otherRsa?.n }, "JwkKeyMismatch keys[0]"],
    ["FMT-26 another exponent", { ...rsa, e: "Aw" }, "JwkKeyMismatch keys[0]"],
    ["FMT-26 another type of key", { ...rsa, x5c: [leafText] }, "JwkKeyMismatch keys[0]"],
    ["FMT-26 another curve", { ...jwkSetDocument([p384]).keys[0], x5c: [leafText] }, "JwkKeyMismatch keys[0]"],
    [
      "FMT-26 a key of the same octets",
      { kty: "OKP", crv: "Ed25519", x: ec.x, x5c: [leafText] },
      "JwkKeyMismatch keys[0]"
    ],

    ["FMT-31 another SHA-1", { ...ec, x5t: base64url(Buffer.alloc(20)) }, "JwkThumbprintMismatch keys[0].x5t"],
    [
      "FMT-31 another SHA-256",
      { ...ec, "x5t#S256": base64url(Buffer.alloc(32)) },
      "JwkThumbprintMismatch keys[0].x5t#S256"
    ],
    ["FMT-31 an empty one", { ...ec, x5t: "" }, "JwkThumbprintMismatch keys[0].x5t"],
    [
      "FMT-10 a thumbprint in base64",
      { ...ec, x5t: createHash("sha1").update(leaf).digest("base64") },
      "JwkBadBase64 keys[0].x5t"
    ],
    ["FMT-31 a thumbprint of another type", { ...ec, x5t: null }, "JwkBadBase64 keys[0].x5t"]
  ]

  it.each(rows)("%s", (_, key, expected) => {
    assert.strictEqual(judge({ keys: [key] }, draft), "NoUsableJwk")
    assert.deepStrictEqual(lintsOf({ keys: [key] }, draft), [expected])
  })

  it.each(rows)("FMT-22 the entry beside it stays: %s", (_, key, expected) => {
    const document = Result.getOrThrow(parse({ keys: [key, other] }, draft))
    assert.deepStrictEqual(
      document._tag === "PublishedJwkSet" ? document.material.entries.map(({ index }) => index) : [],
      [1]
    )
    assert.include(lintsOf({ keys: [key, other] }, draft), expected)
  })

  it("detail has the reasons of at most three entries", () => {
    const { detail = "" } = Result.getOrThrow(Result.flip(parse({ keys: [{}, { kty: "x" }, {}, {}] }, draft)))
    assert.match(
      detail,
      /^keys\[0\]\.kty: .* \(JwkMissingMember\); keys\[1\]\.kty: .* \(JwkUnsupportedKeyType\); keys\[2\]/
    )
    assert.notInclude(detail, "keys[3]")
  })
})

describe("FMT-30 private members", () => {
  it.each(["d", "p", "q", "dp", "dq", "qi", "oth", "k"])("%s", (name) => {
    const secret = "c2VjcmV0LXNjYWxhcg"
    const body = { keys: [{ ...ec, [name]: secret, kid: secret }] }
    assert.deepStrictEqual(lintsOf(body, draft), ["JwkPrivateKeyExposed keys[0]"])
    const error = Result.getOrThrow(Result.flip(parse(body, draft)))
    assert.strictEqual(error.code, "NoUsableJwk")
    assert.strictEqual(error.lints[0]?.severity, "error")
    assert.notInclude(JSON.stringify([error.detail, error.lints, error.message]), secret)
  })

  it.each([null, 0, "", {}])(
    "whatever they hold: %j",
    (value) => assert.deepStrictEqual(lintsOf({ keys: [{ ...ec, d: value }] }, draft), ["JwkPrivateKeyExposed keys[0]"])
  )

  it("whatever the type of key", () =>
    assert.deepStrictEqual(lintsOf({ keys: [{ kty: "oct", k: "AA" }] }, draft), ["JwkPrivateKeyExposed keys[0]"]))
})

describe("the chain above the leaf (FMT-29, 8.1)", () => {
  it.each<[string, unknown]>([
    ["bad base64", "x x"],
    ["another type", 1],
    ["no certificate", base64(Buffer.from("3000", "hex"))],
    ["trailing octets", base64(Buffer.concat([leaf, Buffer.alloc(1)]))]
  ])("%s is a warning", (_, issuer) => {
    const body = { keys: [{ ...ec, x5c: [leafText, issuer, other.x5c[0]] }] }
    assert.deepStrictEqual(lintsOf(body, draft), ["IssuerMalformed keys[0].x5c[1]"])
    const document = Result.getOrThrow(parse(body, draft))
    // Its position is kept, so that the chain check cannot overlook it.
    const chain = document._tag === "PublishedJwkSet" ? document.material.entries[0]?.chain ?? [] : []
    assert.strictEqual(chain.length, 3)
    assert.deepStrictEqual(chain, [greenhouse.next, new Uint8Array(), new Uint8Array()])
  })

  it("of the seed is fine", () => assert.notInclude(lintsOf(seedExample1.text, seeds).join(), "IssuerMalformed"))
})

describe("FMT-33 what the key is for", () => {
  const forSigning = (usage: number) => {
    const spki = createPublicKey({ key: ec, format: "jwk" }).export({ type: "spki", format: "der" })
    return base64(forge({ spki, extensions: [extension("2.5.29.15", bits(3, usage))] }))
  }
  const signing = { ...ec, x5c: [forSigning(0x80)] }
  const agreement = { ...ec, x5c: [forSigning(0x08)] }

  it.each<[string, object, ReadonlyArray<string>]>([
    ["use sig of a signing key", { ...signing, use: "sig" }, []],
    ["use enc of a signing key", { ...signing, use: "enc" }, ["use"]],
    ["use sig of a key for agreement", { ...agreement, use: "sig" }, ["use"]],
    ["use that nobody knows", { ...signing, use: "tls" }, []],
    ["no restriction, no contradiction", { ...ec, use: "enc", key_ops: ["verify", "deriveKey"] }, []],
    ["key_ops of a signing key", { ...signing, key_ops: ["verify"] }, []],
    ["key_ops beyond it", { ...signing, key_ops: ["verify", "deriveBits"] }, ["key_ops"]],
    ["alg of the same family", { ...ec, alg: "ES256" }, []],
    ["alg for encryption with the same family", { ...ec, alg: "ECDH-ES+A128KW" }, []],
    ["alg of another family", { ...ec, alg: "RS256" }, ["alg"]],
    ["alg of symmetric keys", { ...ec, alg: "HS256" }, ["alg"]],
    ["alg that nobody knows", { ...ec, alg: "X" }, []]
  ])("%s", (_, key, members) => {
    assert.deepStrictEqual(
      lintsOf({ keys: [key] }, draft),
      members.map((name) => `KeyUseContradiction keys[0].${name}`)
    )
    assert.strictEqual(judge({ keys: [key] }, draft), "PublishedJwkSet")
  })
})
