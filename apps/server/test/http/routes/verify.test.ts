import { assert, describe, layer } from "@effect/vitest"
import { makeClient } from "@posh/api"
import { Effect } from "effect"
import { FetchHttpClient } from "effect/http"
import { productVersion } from "../../../src/process/version.ts"
import { Readiness } from "../../../src/service/Readiness.ts"
import { Service } from "../../service.ts"
import { fakeVerifier, indeterminate, mismatch, verified } from "../../service/verdicts.ts"

const question = (domain: string, more: object = {}) => ({
  domain,
  service: "xmpp-server",
  certificate: "MII",
  ...more
})
const { layer: verifier, record } = fakeVerifier({
  "hosted.example": verified,
  "mismatch.example": mismatch,
  "unknown.example": indeterminate,
  "defect.example": "defect"
})

interface AnswerLike {
  readonly id: string
  readonly valid: boolean
  readonly verdict: string
  readonly evidence?: object
}

layer(Service.layer(verifier), { excludeTestServices: true })("the HTTP API", (it) => {
  describe("POST /v1/verify", () => {
    it.effect("every verdict is HTTP 200, and valid is true only for verified (POSH-MAT-61)", () =>
      Effect.gen(function*() {
        const { post } = yield* Service
        for (
          const [domain, verdict] of [["hosted", "verified"], ["mismatch", "mismatch"], ["unknown", "indeterminate"]]
        ) {
          const response = yield* post("/v1/verify", question(`${domain}.example`))
          const answer = response.json as AnswerLike
          assert.strictEqual(response.status, 200)
          assert.strictEqual(response.headers["content-type"], "application/json")
          assert.strictEqual(response.headers["cache-control"], "no-store")
          assert.strictEqual(answer.verdict, verdict)
          assert.strictEqual(answer.valid, verdict === "verified")
          assert.match(
            answer.id,
            /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
            "UUID, version 7"
          )
          assert.isUndefined(answer.evidence)
        }
      }))

    it.effect("decisions are sortable by time", () =>
      Effect.gen(function*() {
        const { post } = yield* Service
        const ids = yield* Effect.forEach(Array.from({ length: 50 }), () =>
          Effect.map(post("/v1/verify", question("hosted.example")), ({ json }) => (json as AnswerLike).id))
        assert.deepStrictEqual(ids, [...ids].sort())
        assert.strictEqual(new Set(ids).size, 50)
      }))

    it.effect("explain adds evidence; every other member reaches the core", () =>
      Effect.gen(function*() {
        const { post } = yield* Service
        const options = {
          prooftypes: ["posh"],
          generations: "rfc-only",
          nameCheck: "source",
          chainCheck: "report",
          derivedDomain: "xmpp7.hosting.example",
          derivedDomainSecure: true,
          maxAge: 60,
          refresh: true,
          deadlineMs: 50
        }
        const { json } = yield* post("/v1/verify", { ...question("hosted.example", options), explain: true })
        assert.isObject((json as AnswerLike).evidence)
        assert.deepStrictEqual<unknown>(record.questions.at(-1), question("hosted.example", options))
      }))
  })

  describe("GET /v1/verify", () => {
    const path = "/v1/verify?domain=hosted.example&service=xmpp-server"

    it.effect("takes a fingerprint, with a literal or encoded plus", () =>
      Effect.gen(function*() {
        const { ask } = yield* Service
        for (const text of ["a+b/c=", "a%2Bb%2Fc%3D"]) {
          const { status } = yield* ask(
            `${path}&sha-256=${text}&sha-512=ff&maxAge=0&explain=true&derivedDomainSecure=false`
          )
          assert.strictEqual(status, 200)
          assert.deepStrictEqual<unknown>(record.questions.at(-1), {
            domain: "hosted.example",
            service: "xmpp-server",
            derivedDomainSecure: false,
            maxAge: 0,
            fingerprint: { "sha-256": "a+b/c=", "sha-512": "ff" }
          })
        }
      }))

    for (
      const [accept, contentType] of [
        ["text/plain", "text/plain"],
        ["text/plain;q=0.9, application/json;q=0.1", "text/plain"],
        ["application/json, text/plain;q=0.5", "application/json"],
        ["application/json, text/plain", "application/json"],
        ["text/plain;q=0", "application/json"],
        ["*/*", "application/json"],
        ["", "application/json"]
      ] as const
    ) {
      it.effect(`Accept: ${accept} → ${contentType}`, () =>
        Effect.gen(function*() {
          const { ask } = yield* Service
          const { headers, status, text } = yield* ask(`${path}&sha-256=00`, { headers: { accept } })
          assert.strictEqual(status, 200)
          assert.strictEqual(headers["content-type"], contentType)
          if (contentType === "text/plain") assert.strictEqual(text, "verified\n")
        }))
    }
  })

  describe("/v1/associations", () => {
    it.effect("GET returns what the domain asserts", () =>
      Effect.gen(function*() {
        const { ask } = yield* Service
        const { json, status } = yield* ask("/v1/associations/hosted.example/xmpp-server?refresh=true&deadlineMs=500")
        assert.strictEqual(status, 200)
        assert.strictEqual((json as { readonly state: string }).state, "material")
        assert.deepStrictEqual(record.assertions.at(-1), [
          "hosted.example",
          "xmpp-server",
          { refresh: true, deadlineMs: 500 }
        ])
      }))

    it.effect("DELETE purges, and returns 204", () =>
      Effect.gen(function*() {
        const { ask } = yield* Service
        const { status, text } = yield* ask("/v1/associations/hosted.example/xmpp-server", { method: "DELETE" })
        assert.deepStrictEqual([status, text], [204, ""])
        assert.deepStrictEqual(record.forgotten.at(-1), ["hosted.example", "xmpp-server"])
      }))

    it.effect("DELETE returns 202 with what is pending", () =>
      Effect.gen(function*() {
        const { ask } = yield* Service
        const { json, status } = yield* ask("/v1/associations/unreachable.example/xmpp-server", { method: "DELETE" })
        assert.deepStrictEqual([status, json], [202, { pending: ["store", "announcement"] }])
      }))

    it.effect("domains may be percent-encoded and long (POSH-RES-01)", () =>
      Effect.gen(function*() {
        const { ask } = yield* Service
        const name = `${"ü".repeat(500)}.example`
        yield* ask(`/v1/associations/${encodeURIComponent(name)}/_xmpp-server._tcp`)
        assert.deepStrictEqual(record.assertions.at(-1)?.slice(0, 2), [name, "_xmpp-server._tcp"])
      }))
  })

  describe("/v1/documents", () => {
    it.effect("lints a document", () =>
      Effect.gen(function*() {
        const { post } = yield* Service
        const { json } = yield* post("/v1/documents/lint", { document: "{\"fingerprints\":[]}", generation: "rfc7711" })
        assert.deepInclude(json as object, { findings: (json as { findings: ReadonlyArray<object> }).findings })
        assert.include(JSON.stringify(json), "EmptyFingerprints")
      }))

    it.effect("lints what a domain publishes", () =>
      Effect.gen(function*() {
        const { post } = yield* Service
        const { json } = yield* post("/v1/documents/lint", { domain: "hosted.example", service: "xmpp-server" })
        assert.include(JSON.stringify(json), "KidDuplicate")
      }))

    it.effect("generates a reference document", () =>
      Effect.gen(function*() {
        const { post } = yield* Service
        const url = "https://hosting.net/posh.json"
        const { json } = yield* post("/v1/documents/generate", { url, expires: 3_600, service: "xmpp-client" })
        const { contentType, document, path } = json as Record<"contentType" | "document" | "path", string>
        assert.deepStrictEqual(JSON.parse(document), { url, expires: 3_600 })
        assert.deepStrictEqual([contentType, path], ["application/json", "/.well-known/posh/xmpp-client.json"])
      }))
  })

  describe("operations", () => {
    it.effect("live and ready", () =>
      Effect.gen(function*() {
        const { ask } = yield* Service
        const readiness = yield* Readiness
        assert.deepStrictEqual((yield* ask("/health/live")).json, { status: "live", version: productVersion })
        for (
          const [state, status] of [["starting", 503], ["ready", 200], ["degraded", 200], ["stopping", 503]] as const
        ) {
          yield* readiness.become(state)
          const response = yield* ask("/health/ready")
          assert.deepStrictEqual([response.status, response.json], [status, { status: state }])
        }
      }))

    it.effect("HEAD is GET without the body", () =>
      Effect.gen(function*() {
        const { ask } = yield* Service
        const { status, text } = yield* ask("/health/live", { method: "HEAD" })
        assert.deepStrictEqual([status, text], [200, ""])
      }))

    it.effect("the docs run no script and load nothing from elsewhere", () =>
      Effect.gen(function*() {
        const { ask } = yield* Service
        const { headers, status, text } = yield* ask("/docs")
        assert.strictEqual(status, 200)
        assert.strictEqual(headers["content-type"], "text/html; charset=utf-8")
        assert.match(String(headers["content-security-policy"]), /^default-src 'none'; style-src 'self';/)
        assert.notMatch(text, /<script|<img|(src|href)="(?:https?:)?\/\//)
        for (
          const route of ["/v1/verify/batch", "/v1/associations/{domain}/{service}", "deadlineMs", "MaterialWithdrawn"]
        ) {
          assert.include(text, route)
        }
        assert.strictEqual((yield* ask("/docs/style.css")).headers["content-type"], "text/css; charset=utf-8")
      }))
  })

  describe("the typed client", () => {
    it.effect("answers, and fails with problems", () =>
      Effect.gen(function*() {
        const { baseUrl } = yield* Service
        const client = yield* makeClient(baseUrl)
        const { answer } = { answer: yield* client.verification.verify({ payload: question("hosted.example") }) }
        assert.isTrue(answer.valid)
        const refusal = yield* Effect.flip(client.verification.verify({ payload: question("other.example") }))
        assert.deepInclude(refusal, { code: "InvalidSourceDomain", field: "domain", status: 400 })
        yield* client.associations.forgetAssociation({ params: { domain: "hosted.example", service: "xmpp-server" } })
        const word = yield* client.verification.verifyByFingerprint({
          query: { domain: "hosted.example", service: "xmpp-server", "sha-256": "00", maxAge: 5, explain: true }
        })
        assert.deepInclude(word as object, { verdict: "verified" })
        assert.deepInclude(record.questions.at(-1), { maxAge: 5 })
      }).pipe(Effect.provide(FetchHttpClient.layer)))
  })
})
