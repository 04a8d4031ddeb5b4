import { assert, describe, it } from "@effect/vitest"
import {
  Behave,
  fingerprintsDocument,
  type HostOptions,
  issue,
  jwkSetDocument,
  referenceDocument,
  rootCa,
  selfSigned
} from "@posh/testing"
import { Effect, Layer } from "effect"
import type { Delegation } from "../../src/association/Association.ts"
import type { Generation } from "../../src/question/Generation.ts"
import { Verifier } from "../../src/Verifier.ts"
import { verifyBy } from "../asking.ts"
import { draftPath, layerVerifier, layerWorld, rfcPath, World } from "./world.ts"

const ca = Effect.runSync(Effect.cached(rootCa({ subject: "CN=Hosting CA" })))
const chatServer = Effect.runSync(Effect.cached(
  Effect.flatMap(ca, (root) => issue(root, { dnsNames: ["xmpp.hosting.example"] }))
))
const renewed = Effect.runSync(Effect.cached(selfSigned({ dnsNames: ["xmpp.hosting.example"] })))

/** Both generations, each way of speaking, with fresh certificates. `hosting.example` is the provider. */
const makeHosts = Effect.gen(function*() {
  const server = yield* chatServer
  const next = yield* renewed
  const rfc = Behave.json(fingerprintsDocument([next, server], { expires: 3_600, algorithms: ["sha-256", "sha-512"] }))
  const draft = Behave.json(jwkSetDocument([next, server], { withChain: true, kid: "k" }), {
    headers: { "content-type": "application/jwk-set+json" }
  })
  const reference = Behave.json(referenceDocument("https://hosting.example/rfc.json", 600))
  const viaHop = Behave.json(referenceDocument("https://hosting.example/hop.json", 600))
  const hosts: Record<string, HostOptions> = {
    "rfc-possession.example": { routes: { [rfcPath]: rfc } },
    "rfc-redirect.example": { routes: { [rfcPath]: Behave.redirect("https://hosting.example/rfc.json", 307) } },
    "rfc-reference.example": { routes: { [rfcPath]: reference } },
    "rfc-redirect-reference.example": { routes: { [rfcPath]: Behave.redirect("/posh.json"), "/posh.json": reference } },
    "rfc-reference-redirect.example": { routes: { [rfcPath]: viaHop } },
    "draft-possession.example": { routes: { [draftPath]: draft } },
    "draft-redirect.example": { routes: { [draftPath]: Behave.redirect("https://hosting.example/jwks.json", 302) } },
    "draft-ten-redirects.example": {
      routes: {
        [draftPath]: Behave.redirect("/1"),
        ...Object.fromEntries(
          Array.from({ length: 8 }, (_, index) => [`/${index + 1}`, Behave.redirect(`/${index + 2}`)])
        ),
        "/9": Behave.redirect("https://hosting.example/jwks.json")
      }
    },
    "hosting.example": {
      routes: { "/rfc.json": rfc, "/jwks.json": draft, "/hop.json": Behave.redirect("/rfc.json", 301) }
    }
  }
  return hosts
})

const World_ = Layer.unwrap(Effect.map(makeHosts, layerWorld))
// POSH-MAT-53: an unbroken chain from the source domain. POSH-RES-80: a reference is one request.
const rows: ReadonlyArray<readonly [string, Generation, Delegation, string, number]> = [
  ["rfc-possession.example", "rfc7711", "possession", "rfc-possession.example", 1],
  ["rfc-redirect.example", "rfc7711", "redirect", "hosting.example", 2],
  ["rfc-reference.example", "rfc7711", "reference", "hosting.example", 2],
  ["rfc-redirect-reference.example", "rfc7711", "redirect+reference", "hosting.example", 3],
  ["rfc-reference-redirect.example", "rfc7711", "redirect+reference", "hosting.example", 3],
  ["draft-possession.example", "draft", "possession", "draft-possession.example", 1],
  ["draft-redirect.example", "draft", "redirect", "hosting.example", 2],
  ["draft-ten-redirects.example", "draft", "redirect", "hosting.example", 11]
]

describe("both generations over real HTTPS", () => {
  it.live.each(rows)("%s", ([domain, generation, delegation, delegated, requests]) =>
    Effect.gen(function*() {
      const verifier = yield* Verifier
      const origins = yield* World
      const server = yield* chatServer
      const verdict = yield* verifyBy(verifier, {
        domain,
        service: "xmpp-server",
        certificate: server.pem,
        chainCheck: "require"
      })
      assert.strictEqual(verdict.code, "Verified", verdict.message)
      const { evidence } = verdict
      assert.strictEqual(verdict.generation, generation)
      assert.strictEqual(evidence.delegation, delegation)
      assert.strictEqual(evidence.delegatedDomain, delegated)
      assert.deepInclude(evidence.matched, { index: 1, candidates: 2 })
      assert.deepStrictEqual(evidence.names, { source: false, delegated: false })

      const hops = evidence.attempts.at(-1)?.hops ?? []
      assert.strictEqual(hops.length, requests)
      const web = yield* origins.certificateOf(delegated)
      assert.deepInclude(hops.at(-1), { status: 200, address: "127.0.0.1" })
      assert.strictEqual(
        hops.at(-1)?.tlsLeafSha256,
        Buffer.from(
          new Uint8Array(
            yield* Effect.promise(() => crypto.subtle.digest("SHA-256", Uint8Array.from(web.der)))
          )
        ).toString("base64")
      )

      // SEC-05: an HTTP redirect to another site is worth a warning, a reference document is not.
      const leaves = ["rfc-redirect.example", "draft-redirect.example", "draft-ten-redirects.example"].includes(domain)
      assert.strictEqual(evidence.lints.some((lint) => lint.code === "DelegatedOutsideSite"), leaves)

      // The same by fingerprint, from memory; and nobody else's certificate.
      const fingerprint = { "sha-256": Buffer.from(verdict.presented.hashes["sha-256"] ?? []).toString("hex") }
      const again = yield* verifyBy(verifier, { domain, service: "xmpp-server", fingerprint })
      assert.deepInclude(again, { code: "Verified", cache: "memory" })
      const stranger = yield* Effect.flatMap(ca, (root) => issue(root, { dnsNames: ["xmpp.hosting.example"] }))
      const refused = yield* verifyBy(verifier, { domain, service: "xmpp-server", certificate: stranger.pem })
      assert.strictEqual(refused.code, "CertificateMismatch") // MAT-24: the same CA is no reason to believe
    }).pipe(Effect.provide(layerVerifier().pipe(Layer.provideMerge(World_)))))
})
