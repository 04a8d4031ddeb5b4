/** Certificates that mean harm: in question, and published in a JWK Set (POSH-SEC-13, POSH-FMT-08). */
import { assert, layer } from "@effect/vitest"
import { base64, Behave, fingerprintsDocument } from "@posh/testing"
import { Effect, Layer } from "effect"
import type { Question } from "../../src/question/Question.ts"
import { Verifier } from "../../src/Verifier.ts"
import { verify } from "../asking.ts"
import { extension, forge, point } from "../forged.ts"
import { draftPath, layerVerifier, layerWorld, rfcPath, World, worldPolicy } from "../world/world.ts"
import { sequence, text } from "../x509/chain/der.ts"
import { certificateLimit, hostileCertificates } from "./hostileCertificates.ts"
import { affordable, measured } from "./measure.ts"
import { usualCostMs } from "./origins/kinds.ts"

const base64url = (octets: Uint8Array) => Buffer.from(octets).toString("base64url")
const pemOf = (der: Uint8Array) =>
  `-----BEGIN CERTIFICATE-----\n${base64(der).replaceAll(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`

const domain = "hostile.example"
const { budgets } = worldPolicy
const layerAll = layerVerifier({ budgets: { ...budgets, perHostPerMinute: 1e9, perSourcePerMinute: 1e9 } }).pipe(
  Layer.provideMerge(layerWorld({}))
)

/** The code about a certificate where the domain publishes this; the cost is that of the answer alone. */
const ask = (document: unknown, question: Partial<Question>) =>
  Effect.gen(function*() {
    const { removeRoute, setRoute } = yield* World
    const { forget } = yield* Verifier
    for (const path of [rfcPath, draftPath]) removeRoute(domain, path)
    const isDraft = typeof document === "object" && document !== null && "keys" in document
    setRoute(domain, isDraft ? draftPath : rfcPath, Behave.json(document))
    const asked = verify({ domain, service: "xmpp-server", ...question })
    return yield* Effect.match(asked, { onFailure: ({ code }) => code, onSuccess: ({ code }) => code }).pipe(
      measured,
      (asking) => Effect.andThen(Effect.orDie(forget(domain, "xmpp-server")), asking),
      affordable({ processorMs: usualCostMs, mebibytes: 64 })
    )
  })

// The key of every certificate here that has no other.
const x = base64url(point.subarray(1, 33))
const y = base64url(point.subarray(33))
const jwkOf = (...x5c: ReadonlyArray<Uint8Array>) => ({ kty: "EC", crv: "P-256", x, y, x5c: x5c.map(base64) })
const honest = forge()

layer(layerAll, { excludeTestServices: true, timeout: 120_000 })("a certificate", (it) => {
  it.effect("the domain's name behind more than are looked at: not found, and said so", () =>
    Effect.gen(function*() {
      const { removeRoute, setRoute } = yield* World
      const others = Array.from({ length: 1_024 }, (_, index) => text(0x82, `${index}.example`))
      const der = forge({ extensions: [extension("2.5.29.17", sequence(...others, text(0x82, domain)))] })
      removeRoute(domain, draftPath)
      setRoute(domain, rfcPath, Behave.json(fingerprintsDocument([{ der }], { expires: 60 })))
      const question = { domain, service: "xmpp-server", certificate: base64(der) }
      const { code, evidence } = yield* verify({ ...question, refresh: true })
      assert.deepStrictEqual([code, evidence.names], ["Verified", { source: false, delegated: false }])
      assert.include(evidence.lints.map(({ code }) => code), "NamesLeftOut")
      assert.strictEqual((yield* verify({ ...question, nameCheck: "source" })).code, "NameCheckFailed")
    }))

  it.effect.each(hostileCertificates)("in question: $what", ({ der, readable }) =>
    Effect.gen(function*() {
      const published = fingerprintsDocument([{ der }], { expires: 60 })
      const expected = readable ? "Verified" : "MalformedPresentedCertificate"
      assert.strictEqual(yield* ask(published, { certificate: base64(der) }), expected)
      assert.strictEqual(yield* ask(published, { chain: [base64(der), base64(honest)] }), expected)
      assert.strictEqual(yield* ask(published, { certificate: pemOf(der) }), expected)
    }))

  it.effect.each(hostileCertificates)("in x5c: $what", ({ der, readable }) =>
    Effect.gen(function*() {
      const published = { keys: [jwkOf(der)] }
      const usable = readable && Buffer.from(der).includes(Buffer.from(point))
      const expected = usable
        ? "Verified"
        : der.length > 200_000
        ? "BodyTooLarge"
        : der.length > certificateLimit
        ? "LimitExceeded"
        : "NoUsableJwk"
      assert.strictEqual(yield* ask(published, { certificate: base64(readable ? der : honest) }), expected)
      // Above an honest leaf it is none of anybody's business, unless somebody asks for the chain.
      const above = { keys: [jwkOf(honest, der)] }
      const fits = expected === "Verified" || expected === "NoUsableJwk"
      assert.strictEqual(yield* ask(above, { certificate: base64(honest) }), fits ? "Verified" : expected)
      assert.strictEqual(
        yield* ask(above, { certificate: base64(honest), chainCheck: "require" }),
        fits ? "ChainInvalid" : expected
      )
    }))

  it.effect.each(hostileCertificates.filter(({ der }) => der.length <= certificateLimit))(
    "as often as a document holds it: $what",
    ({ der }) =>
      Effect.gen(function*() {
        const fitting = Math.min(32, Math.floor(250_000 / (200 + der.length * 4 / 3)))
        const published = { keys: Array.from({ length: fitting }, () => jwkOf(der)) }
        assert.include(
          ["CertificateMismatch", "NoUsableJwk", "Verified"],
          yield* ask(published, { certificate: base64(honest) })
        )
      })
  )
})

layer(layerAll, { excludeTestServices: true, timeout: 120_000 })("PEM", (it) => {
  const block = pemOf(honest)
  it.effect.each<readonly [what: string, text: string]>([
    ["a private key", "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"],
    [
      "a private key behind a certificate",
      `${block}-----BEGIN EC PRIVATE KEY-----\nMAA=\n-----END EC PRIVATE KEY-----\n`
    ],
    ["a block without end", block.slice(0, -30)],
    ["10,000 beginnings", "-----BEGIN CERTIFICATE-----\n".repeat(10_000)],
    ["10,000 dashes", "-".repeat(10_000)],
    ["a label of 1 MiB", `-----BEGIN ${"A".repeat(1 << 20)}-----\n`],
    ["1 MiB of line ends", `-----BEGIN CERTIFICATE-----\n${"\n".repeat(1 << 20)}-----END CERTIFICATE-----`],
    ["1 MiB of base64", `-----BEGIN CERTIFICATE-----\n${"A".repeat(1 << 20)}\n-----END CERTIFICATE-----`],
    ["a NUL", block.replace("M", "\0M")],
    ["full-width letters", block.replace("M", "Ｍ")],
    ["headers", block.replace("\n", "\nProc-Type: 4,ENCRYPTED\n\n")]
  ])("%s", ([, certificate]) =>
    Effect.gen(function*() {
      const published = fingerprintsDocument([{ der: honest }], { expires: 60 })
      assert.strictEqual(yield* ask(published, { certificate }), "MalformedPresentedCertificate")
    }))

  it.effect("more certificates than a chain may have", () =>
    Effect.gen(function*() {
      const published = fingerprintsDocument([{ der: honest }], { expires: 60 })
      assert.strictEqual(yield* ask(published, { certificate: block.repeat(11) }), "InvalidRequest")
      assert.strictEqual(yield* ask(published, { certificate: block.repeat(1_000) }), "InvalidRequest")
    }))
})
