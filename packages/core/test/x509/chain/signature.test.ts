import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { constants, generateKeyPairSync, type KeyObject, sign } from "node:crypto"
import { checkSignature } from "../../../src/x509/chain/signature.ts"
import { oid, sequence, tlv } from "./der.ts"

const keys = {
  rsa: generateKeyPairSync("rsa", { modulusLength: 1024 }),
  otherRsa: generateKeyPairSync("rsa", { modulusLength: 1024 }),
  pss: generateKeyPairSync("rsa-pss", { modulusLength: 1024 }),
  ec: generateKeyPairSync("ec", { namedCurve: "P-256" }),
  p521: generateKeyPairSync("ec", { namedCurve: "P-521" }),
  binary: generateKeyPairSync("ec", { namedCurve: "sect571r1" }),
  ed25519: generateKeyPairSync("ed25519"),
  ed448: generateKeyPairSync("ed448")
}

const nothing = tlv(0x05)
const algorithm = (dotted: string, ...parameters: ReadonlyArray<Uint8Array>) => sequence(oid(dotted), ...parameters)
const rsaWith = (number: number) => algorithm(`1.2.840.113549.1.1.${number}`, nothing)
const ecdsaWith = (arcs: string) => algorithm(`1.2.840.10045.4.${arcs}`)

const sha1 = algorithm("1.3.14.3.2.26", nothing)
const sha256 = algorithm("2.16.840.1.101.3.4.2.1", nothing)
const sha512 = algorithm("2.16.840.1.101.3.4.2.3")
const mgf1 = (hash: Uint8Array) => algorithm("1.2.840.113549.1.1.8", hash)
const pssWith = (...fields: ReadonlyArray<Uint8Array>) => algorithm("1.2.840.113549.1.1.10", sequence(...fields))
const pss = (hash: Uint8Array, mask: Uint8Array, salt: number) =>
  pssWith(tlv(0xa0, hash), tlv(0xa1, mask), tlv(0xa2, tlv(0x02, Uint8Array.of(salt))))

const tbs = Buffer.from("to be signed")
const pssKey = (key: KeyObject, saltLength: number) => ({ key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength })

interface Row {
  readonly name: string
  readonly algorithm: Uint8Array
  readonly signature: Uint8Array
  readonly key: KeyObject
  readonly expected: "good" | "good with SHA-1" | RegExp
}

const row = (
  name: string,
  algorithm: Uint8Array,
  signature: Uint8Array,
  { publicKey }: { readonly publicKey: KeyObject },
  expected: Row["expected"]
): Row => ({ name, algorithm, signature, key: publicKey, expected })

const notIssuers = /signature is not the issuer's/
const notAccepted = /not accepted/
const salted = sign("sha256", tbs, pssKey(keys.rsa.privateKey, 32))
const plain = sign("sha256", tbs, keys.rsa.privateKey)

const costly = sign("sha256", tbs, keys.binary.privateKey)

const rows: ReadonlyArray<Row> = [
  row("RSA, SHA-256", rsaWith(11), plain, keys.rsa, "good"),
  row("RSA, SHA-384", rsaWith(12), sign("sha384", tbs, keys.rsa.privateKey), keys.rsa, "good"),
  row("RSA, SHA-512", rsaWith(13), sign("sha512", tbs, keys.rsa.privateKey), keys.rsa, "good"),
  row("RSA, SHA-1", rsaWith(5), sign("sha1", tbs, keys.rsa.privateKey), keys.rsa, "good with SHA-1"),
  row("RSA, MD5", rsaWith(4), sign("md5", tbs, keys.rsa.privateKey), keys.rsa, notAccepted),
  row("RSA, MD2", rsaWith(2), plain, keys.rsa, notAccepted),
  row("ECDSA, SHA-256", ecdsaWith("3.2"), sign("sha256", tbs, keys.ec.privateKey), keys.ec, "good"),
  row("ECDSA, SHA-384", ecdsaWith("3.3"), sign("sha384", tbs, keys.ec.privateKey), keys.ec, "good"),
  row("ECDSA, SHA-512", ecdsaWith("3.4"), sign("sha512", tbs, keys.p521.privateKey), keys.p521, "good"),
  row("ECDSA, SHA-1", ecdsaWith("1"), sign("sha1", tbs, keys.ec.privateKey), keys.ec, "good with SHA-1"),
  row("ECDSA on a curve that costs milliseconds", ecdsaWith("3.2"), costly, keys.binary, notIssuers),
  row("Ed25519", algorithm("1.3.101.112"), sign(null, tbs, keys.ed25519.privateKey), keys.ed25519, "good"),
  row("Ed448", algorithm("1.3.101.113"), sign(null, tbs, keys.ed448.privateKey), keys.ed448, "good"),
  row("PSS, SHA-256", pss(sha256, mgf1(sha256), 32), salted, keys.rsa, "good"),
  row(
    "PSS with a PSS key",
    pss(sha256, mgf1(sha256), 32),
    sign("sha256", tbs, pssKey(keys.pss.privateKey, 32)),
    keys.pss,
    "good"
  ),
  row(
    "PSS, SHA-512, default salt length",
    pssWith(tlv(0xa0, sha512), tlv(0xa1, mgf1(sha512))),
    sign("sha512", tbs, pssKey(keys.rsa.privateKey, 20)),
    keys.rsa,
    "good"
  ),
  row("PSS, all defaults", pssWith(), sign("sha1", tbs, pssKey(keys.rsa.privateKey, 20)), keys.rsa, "good with SHA-1"),
  row(
    "PSS, SHA-1 by name",
    pss(sha1, mgf1(sha1), 20),
    sign("sha1", tbs, pssKey(keys.rsa.privateKey, 20)),
    keys.rsa,
    "good with SHA-1"
  ),
  row("PSS, SHA-1 in the mask alone", pss(sha256, mgf1(sha1), 32), salted, keys.rsa, notAccepted),
  row("PSS, a mask that is none", pss(sha256, sha256, 32), salted, keys.rsa, notAccepted),
  row("PSS, a hash that is none", pss(mgf1(sha256), mgf1(sha256), 32), salted, keys.rsa, notAccepted),
  row("PSS, other salt length", pss(sha256, mgf1(sha256), 20), salted, keys.rsa, notIssuers),
  row("other key of the kind", rsaWith(11), plain, keys.otherRsa, notIssuers),
  row("other kind of key", rsaWith(11), plain, keys.ec, notIssuers),
  row(
    "an ECDSA signature under an RSA name",
    rsaWith(11),
    sign("sha256", tbs, keys.ec.privateKey),
    keys.ec,
    notIssuers
  ),
  row("PKCS #1 signature by a PSS key", rsaWith(11), plain, keys.pss, notIssuers),
  row("other hash than stated", rsaWith(13), plain, keys.rsa, notIssuers),
  row("other scheme than stated", rsaWith(11), salted, keys.rsa, notIssuers),
  row("empty signature", ecdsaWith("3.2"), new Uint8Array(), keys.ec, notIssuers),
  row("unknown algorithm", algorithm("1.2.3.4"), plain, keys.rsa, /1\.2\.3\.4 is not accepted/),
  row("malformed algorithm", sequence(nothing), plain, keys.rsa, /malformed/)
]

describe("checkSignature (requirements D.7)", () => {
  it.each(rows)("$name", ({ algorithm, expected, key, signature }) => {
    const spki = key.export({ type: "spki", format: "der" })
    const [strict, lenient] = [false, true].map((allowSha1) =>
      checkSignature({ algorithm, signature, tbs }, spki, allowSha1)
    )
    if (expected instanceof RegExp) {
      for (const result of [strict!, lenient!]) assert.match(Result.getOrThrow(Result.flip(result)), expected)
      return
    }
    assert.deepStrictEqual(lenient, Result.void)
    assert.deepStrictEqual(strict, expected === "good" ? Result.void : Result.fail("SHA-1 signatures are not accepted"))
  })

  it("a malformed key", () => {
    const result = checkSignature({ algorithm: rsaWith(11), signature: plain, tbs }, sequence(), false)
    assert.match(Result.getOrThrow(Result.flip(result)), notIssuers)
  })

  it("octets that were not signed", () => {
    const spki = keys.rsa.publicKey.export({ type: "spki", format: "der" })
    const result = checkSignature({ algorithm: rsaWith(11), signature: plain, tbs: Buffer.from("other") }, spki, true)
    assert.match(Result.getOrThrow(Result.flip(result)), notIssuers)
  })
})
