/** Chains that are more work than they look, where a question asks for the chain check (POSH-SEC-13). */
import { assert, layer } from "@effect/vitest"
import { base64, Behave } from "@posh/testing"
import { Effect, Layer } from "effect"
import { createPrivateKey, createPublicKey, generateKeyPairSync, type JsonWebKey } from "node:crypto"
import { Verifier } from "../../src/Verifier.ts"
import { verify } from "../asking.ts"
import { draftPath, layerVerifier, layerWorld } from "../world/world.ts"
import { sequence, text, tlv } from "../x509/chain/der.ts"
import { certificate, common, extension, type Keys, makeKeys, yes } from "../x509/chain/forge.ts"
import { affordable, measured } from "./measure.ts"
import { usualCostMs } from "./origins/kinds.ts"

interface Row {
  /** The domain. */
  readonly name: string
  /** Above the leaf, nearest first. */
  readonly issuers: () => ReadonlyArray<Uint8Array>
  readonly leaf?: () => Uint8Array
}

const basic = extension("2.5.29.19", sequence(yes), yes)
const ca = common("CA")
const leafKeys = makeKeys()
const stranger = makeKeys()

/** Of the issuer's key, whose name it bears, so that one certificate can stand above itself as often as one likes. */
const issuerOf = (keys: Keys, ...extensions: ReadonlyArray<Uint8Array>) =>
  certificate({ subject: ca, issuer: ca, keys, issuerKeys: keys, extensions: [basic, ...extensions] })
/** Signed by a stranger: the last signature to be checked is the one that does not hold. */
const leafOf = (...names: ReadonlyArray<string>) =>
  certificate({
    issuer: ca,
    keys: leafKeys,
    issuerKeys: stranger,
    extensions: [extension("2.5.29.17", sequence(...names.map((name) => text(0x82, name))))]
  })
const ecKeys = (namedCurve: string): Keys => generateKeyPairSync("ec", { namedCurve })

/** An RSA key whose public exponent is as long as its modulus, so that checking is as slow as signing. */
const slowRsaKeys = (): Keys => {
  const { d, e: _, n, ...primes } = generateKeyPairSync("rsa", { modulusLength: 3_072 }).privateKey.export({
    format: "jwk"
  })
  // The two exponents of a key change places; the private ones modulo the primes are then both the old public one.
  const jwk: JsonWebKey = {
    kty: "RSA",
    ...(n === undefined ? {} : { n }),
    ...(d === undefined ? {} : { e: d }),
    d: "AQAB"
  }
  const privateKey = createPrivateKey({ key: { ...primes, ...jwk, dp: "AQAB", dq: "AQAB" }, format: "jwk" })
  return { privateKey, publicKey: createPublicKey(privateKey) }
}

const copies = <A>(count: number, value: A) => Array.from({ length: count }, () => value)
const names = (count: number, suffix: string) => Array.from({ length: count }, (_, index) => `${index}${suffix}`)
const constraints = (...hosts: ReadonlyArray<string>) =>
  extension("2.5.29.30", sequence(tlv(0xa1, ...hosts.map((host) => sequence(text(0x82, host))))), yes)

const signatures = (name: string, make: () => Keys): Row => {
  const keys = make()
  return { name, issuers: () => copies(9, issuerOf(keys)) }
}

const p256 = makeKeys()
const rows: ReadonlyArray<Row> = [
  signatures("nine-times-p521.example", () => ecKeys("P-521")),
  signatures("nine-times-sect571.example", () => ecKeys("sect571k1")),
  signatures("nine-times-rsa.example", slowRsaKeys),
  {
    name: "names-times-constraints.example",
    leaf: () => leafOf(...names(250, ".a")),
    issuers: () => copies(2, issuerOf(p256, constraints(...names(120, ".b"))))
  }
]

/** As many entries as a document holds, each with the same leaf: until a chain is valid, all of them are looked at. */
const documents = rows.map(({ issuers, leaf = leafOf, name }) => {
  const shown = leaf()
  const key = { ...leafKeys.publicKey.export({ format: "jwk" }), x5c: [shown, ...issuers()].map(base64) }
  const fitting = Math.min(32, Math.floor(262_000 / (JSON.stringify(key).length + 1)))
  return { name, shown, fitting, document: { keys: copies(fitting, key) } }
})

const hosts = Object.fromEntries(
  documents.map(({ document, name }) => [name, { routes: { [draftPath]: Behave.json(document) } }])
)

layer(layerVerifier().pipe(Layer.provide(layerWorld(hosts))), { excludeTestServices: true })(
  "the chain check",
  (it) => {
    it.effect.each(documents)("$name: $fitting chains", ({ name, shown }) =>
      Effect.gen(function*() {
        const question = {
          domain: name,
          service: "xmpp-server",
          certificate: base64(shown),
          generations: "draft-only"
        } as const
        const { forget } = yield* Verifier
        // Chains are remembered with the document, so that each try fetches it anew.
        const { code } = yield* Effect.gen(function*() {
          yield* Effect.orDie(forget(name, "xmpp-server"))
          assert.strictEqual((yield* verify(question)).code, "Verified")
          return yield* measured(verify({ ...question, chainCheck: "require" }))
        }).pipe(affordable({ processorMs: usualCostMs }))
        assert.strictEqual(code, "ChainInvalid")

        // Asked again, it is known: a caller cannot have it looked at as often as it likes.
        const again = yield* Effect.forEach(copies(20, { ...question, chainCheck: "require" } as const), verify).pipe(
          measured,
          affordable({ processorMs: 400 })
        )
        assert.deepStrictEqual([...new Set(again.map(({ code }) => code))], ["ChainInvalid"])
      }))
  }
)
