/**
 * The service as it is deployed, from its environment to real HTTPS: both generations by possession. What domains
 * publish in all its forms is tested in the core.
 */
import { assert, layer } from "@effect/vitest"
import type { Answer, Association, BatchResponse, LintResponse } from "@posh/api"
import {
  Behave,
  fingerprintsDocument,
  issue,
  jwkSetDocument,
  makeOrigins,
  rootCa,
  selfSigned,
  sha256Base64
} from "@posh/testing"
import { Context, Effect, Layer, Result } from "effect"
import { hash, X509Certificate } from "node:crypto"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { layerVerifier } from "../src/App.ts"
import { readSettings } from "../src/config/Config.ts"
import { toEgressOptions } from "../src/config/policy.ts"
import { Service } from "./service.ts"

const rfcPath = "/.well-known/posh/xmpp-server.json"
const draftPath = "/.well-known/posh._xmpp-server._tcp.json"

const makeWorld = Effect.gen(function*() {
  const server = yield* selfSigned({ dnsNames: ["im.example"] })
  const stranger = yield* selfSigned({ dnsNames: ["im.example"] })
  const origins = yield* makeOrigins({
    "rfc.example": { routes: { [rfcPath]: Behave.json(fingerprintsDocument([server], { expires: 3_600 })) } },
    "draft.example": { routes: { [draftPath]: Behave.json(jwkSetDocument([server])) } },
    "both.example": {
      routes: {
        [rfcPath]: Behave.json(fingerprintsDocument([server], { expires: 3_600 })),
        [draftPath]: Behave.json(jwkSetDocument([stranger]))
      }
    },
    "broken.example": { routes: { [rfcPath]: Behave.text("{") } }
  })
  return { origins, server, stranger }
})

class World extends Context.Service<World, Effect.Success<typeof makeWorld>>()("posh/server/test/World") {
  static readonly layer = Layer.effect(World, makeWorld)
}

/** A file for as long as the scope lasts. */
const makeFile = (content: string) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(() => mkdtemp(join(tmpdir(), "posh-"))),
      (directory) => Effect.promise(() => rm(directory, { recursive: true }))
    ),
    (directory) => join(directory, "ca.pem")
  ).pipe(Effect.tap((path) => Effect.promise(() => writeFile(path, content))))

const layerDeployed = Layer.unwrap(Effect.gen(function*() {
  const { origins } = yield* World
  const settings = Result.getOrThrow(readSettings({
    POSH_ALLOW_SPECIAL_USE_DOMAINS: "true",
    POSH_CONNECT_TO: origins.connectTo,
    POSH_EXTRA_CA_FILE: yield* makeFile(origins.caPem)
  }))
  return Service.layer(layerVerifier(settings, yield* toEgressOptions(settings)))
})).pipe(Layer.provideMerge(World.layer))

const ask = (question: object) =>
  Effect.gen(function*() {
    const { post } = yield* Service
    const response = yield* post("/v1/verify", { service: "xmpp-server", ...question })
    assert.strictEqual(response.status, 200, response.text)
    return response.json as Answer
  })

layer(layerDeployed, { excludeTestServices: true, timeout: 120_000 })("the service over real HTTPS", (it) => {
  for (const [domain, generation] of [["rfc.example", "rfc7711"], ["draft.example", "draft"]] as const) {
    it.effect(`${generation}: the published certificate is verified, another one is not`, () =>
      Effect.gen(function*() {
        const { origins, server, stranger } = yield* World
        const fresh = yield* ask({ domain, certificate: server.pem, explain: true })
        assert.deepInclude(fresh, { valid: true, code: "Verified", domain, generation, cache: "miss" })
        assert.strictEqual(fresh.certificate.sha256, sha256Base64(server.der))
        assert.isAbove(fresh.ttl, 3_000)
        const attempt = fresh.evidence?.attempts.at(-1)
        assert.deepInclude(attempt, { generation, code: "Resolved" })
        assert.strictEqual(attempt?.hops[0]?.address, "127.0.0.1")
        assert.strictEqual(
          attempt?.hops[0]?.tlsLeafSha256,
          sha256Base64((yield* origins.certificateOf(domain)).der)
        )

        const remembered = yield* ask({ domain, chain: [Buffer.from(server.der).toString("base64")] })
        assert.deepInclude(remembered, { valid: true, cache: "memory" })
        const refused = yield* ask({ domain, certificate: stranger.pem })
        assert.deepInclude(refused, { valid: false, verdict: "mismatch", code: "CertificateMismatch", ttl: 0 })
      }))

    it.effect(`${generation}: by fingerprint, for a shell`, () =>
      Effect.gen(function*() {
        const { server } = yield* World
        const { ask } = yield* Service
        const hex = Buffer.from(sha256Base64(server.der), "base64").toString("hex")
        for (const value of [hex, sha256Base64(server.der)]) {
          const { status, text } = yield* ask(`/v1/verify?domain=${domain}&service=xmpps-server&sha-256=${value}`, {
            headers: { accept: "text/plain" }
          })
          assert.deepStrictEqual([status, text], [200, "verified\n"])
        }
      }))
  }

  it.effect("who publishes nothing, and who publishes nonsense, has no certificate", () =>
    Effect.gen(function*() {
      const { server } = yield* World
      const nothing = yield* ask({ domain: "nothing.example", certificate: server.pem })
      assert.deepInclude(nothing, { valid: false, verdict: "no-material", code: "NotPublished" })
      const broken = yield* ask({ domain: "broken.example", certificate: server.pem })
      assert.deepInclude(broken, { valid: false, verdict: "unusable-material", code: "InvalidJson" })
    }))

  it.effect("a linter of a domain sees that its two generations disagree (NEG-07), and a verdict does not care", () =>
    Effect.gen(function*() {
      const { server } = yield* World
      const { post } = yield* Service
      const { json } = yield* post("/v1/documents/lint", { domain: "both.example", service: "xmpp-server" })
      const { findings } = json as LintResponse
      assert.deepStrictEqual(
        findings.filter(({ code }) => code === "GenerationsDisagree").map(({ path }) => path),
        ["keys[0]", "fingerprints[0]"]
      )
      assert.deepInclude(yield* ask({ domain: "both.example", certificate: server.pem }), { generation: "rfc7711" })
    }))

  it.effect("a batch is answered in order", () =>
    Effect.gen(function*() {
      const { server, stranger } = yield* World
      const { post } = yield* Service
      const domains = ["rfc.example", "draft.example", "nothing.example", "not a domain"]
      const requests = [server, stranger].flatMap(({ pem }) =>
        domains.map((domain) => ({ domain, service: "xmpp-server", certificate: pem }))
      )
      const { json } = yield* post("/v1/verify/batch", { requests })
      assert.deepStrictEqual<unknown>(
        (json as BatchResponse).results.map(({ answer, problem }) => answer?.code ?? problem?.code),
        `Verified Verified NotPublished InvalidSourceDomain
         CertificateMismatch CertificateMismatch NotPublished InvalidSourceDomain`.split(/\s+/)
      )
    }))

  it.effect("an association is resolved, remembered, and forgotten", () =>
    Effect.gen(function*() {
      const { origins } = yield* World
      const { ask, post } = yield* Service
      const path = "/v1/associations/rfc.example/xmpp-client"
      origins.setRoute(
        "rfc.example",
        "/.well-known/posh/xmpp-client.json",
        Behave.json({ fingerprints: [], expires: 60 })
      )
      const before = (yield* ask(path)).json as Association
      assert.deepInclude(before, { state: "unusable-material", code: "EmptyFingerprints" })
      const { json: findings } = yield* post("/v1/documents/lint", { domain: "rfc.example", service: "xmpp-client" })
      assert.include(JSON.stringify(findings), "EmptyFingerprints")

      const { server } = yield* World
      const good = fingerprintsDocument([server], { expires: 3_600 })
      origins.setRoute("rfc.example", "/.well-known/posh/xmpp-client.json", Behave.json(good))
      assert.strictEqual((yield* ask(path, { method: "DELETE" })).status, 204)
      const after = (yield* ask(path)).json as Association
      assert.deepInclude(after, { state: "material", code: "Resolved", delegation: "possession", cache: "miss" })
      assert.strictEqual(after.material?.entries[0]?.hashes["sha-256"], sha256Base64(server.der))
      assert.deepInclude((yield* ask(path)).json as object, { state: "material", cache: "memory" })
    }))

  it.effect("a certificate that is not published, and the mistake that is known, are found", () =>
    Effect.gen(function*() {
      const { server, stranger } = yield* World
      const { post } = yield* Service
      const spki = new X509Certificate(server.der).publicKey.export({ type: "spki", format: "der" })
      const document = JSON.stringify({ fingerprints: [{ "sha-256": hash("sha256", spki, "base64") }], expires: 3_600 })
      const rfc = { domain: "rfc.example", service: "xmpp-server" }
      const lint = (asked: object) =>
        Effect.map(post("/v1/documents/lint", asked), ({ json, status }) => ({
          status,
          codes: ((json as Partial<LintResponse>).findings ?? []).map(({ code, path }) =>
            `${code} ${path ?? ""}`.trim()
          ),
          field: (json as { readonly field?: string }).field
        }))
      const mistaken = yield* lint({ document, generation: "rfc7711", certificate: server.pem })
      assert.deepStrictEqual(mistaken.codes, ["CertificateMismatch", "HashOfPublicKey fingerprints[0].sha-256"])
      assert.notInclude((yield* lint({ document, generation: "rfc7711" })).codes, "CertificateMismatch")
      assert.include((yield* lint({ ...rfc, certificate: stranger.pem })).codes, "CertificateMismatch")
      assert.notInclude((yield* lint({ ...rfc, certificate: server.pem })).codes, "CertificateMismatch")
      assert.deepInclude(yield* lint({ ...rfc, certificate: "none" }), { status: 400, field: "certificate" })
    }))

  it.effect("POSH-PUB-20: of a file with a chain, the server's own certificate is published", () =>
    Effect.gen(function*() {
      const { post } = yield* Service
      const ca = yield* rootCa()
      const leaf = yield* issue(ca, { dnsNames: ["im.example"] })
      const asked = { certificates: [(ca.pem + leaf.pem).replaceAll(/^/gm, "  ")], generation: "rfc7711" }
      const { json } = yield* post("/v1/documents/generate", asked)
      const { document, findings } = json as { readonly document: string; readonly findings: ReadonlyArray<unknown> }
      assert.deepStrictEqual(JSON.parse(document).fingerprints.map((hashes: object) => Object.values(hashes)[0]), [
        sha256Base64(leaf.der)
      ])
      assert.deepStrictEqual(findings, [])
    }))

  it.effect("POSH-PUB-20: a CA certificate alone comes with a finding", () =>
    Effect.gen(function*() {
      const { post } = yield* Service
      const own = yield* rootCa()
      const { json } = yield* post("/v1/documents/generate", { certificates: [own.pem], generation: "draft" })
      const { findings } = json as {
        readonly findings: ReadonlyArray<{ readonly code: string; readonly path: string }>
      }
      assert.include(findings.map(({ code, path }) => `${code} ${path}`), "LeafIsCa keys[0]")
    }))

  it.effect("a document that was made here is found without fault here", () =>
    Effect.gen(function*() {
      const { server } = yield* World
      const { post } = yield* Service
      for (const generation of ["rfc7711", "draft"]) {
        const { json } = yield* post("/v1/documents/generate", { certificates: [server.pem], generation })
        const { document } = json as { readonly document: string }
        const { json: linted } = yield* post("/v1/documents/lint", { document, generation })
        assert.deepStrictEqual(linted, { findings: [] })
      }
    }))
})
