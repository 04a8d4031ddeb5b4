/** Chains without their intermediates, which the service fetches over real plain HTTP where it is told to. */
import { assert, layer } from "@effect/vitest"
import type { BatchResponse } from "@posh/api"
import { issue, makeDns, makePlainOrigin, type PlainOrigin, sha256Base64 } from "@posh/testing"
import { Context, Effect, Layer } from "effect"
import { Service } from "../service.ts"
import { ask, layerDeployedBy, World } from "./world.ts"

/** The web server of the authority, which is at `ca.example` for the service. */
class Authority extends Context.Service<Authority, PlainOrigin>()("posh/server/test/proofs/Authority") {}

const deployed = (env: Readonly<Record<string, string>>) =>
  layerDeployedBy(({ origins }) =>
    Effect.gen(function*() {
      const { port } = yield* Authority
      const dns = yield* makeDns({ "inside.example": { a: ["127.0.0.1"] } })
      return {
        POSH_CONNECT_TO: `${origins.connectTo},ca.example:80=127.0.0.1:${port}`,
        POSH_DNS_SERVERS: dns.server,
        ...env
      }
    })
  ).pipe(Layer.provideMerge(Layer.effect(Authority, makePlainOrigin)))

/** A certificate below the intermediate of the world, which names these URLs; the question presents it alone. */
const present = (...caIssuers: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const { intermediate } = yield* World
    const leaf = yield* issue(intermediate, { dnsNames: ["unlisted.example"], caIssuers })
    return {
      leaf,
      question: { domain: "unlisted.example", certificate: leaf.pem, prooftypes: ["pkix"], explain: true }
    }
  })

const publish = (path: string, page: Parameters<PlainOrigin["set"]>[1] = {}) =>
  Effect.gen(function*() {
    const { intermediate } = yield* World
    const authority = yield* Authority
    authority.set(path, { body: intermediate.der, ...page })
    return {
      url: `http://ca.example${path}`,
      countOf: () => authority.requests.filter((one) => one === `ca.example ${path}`).length
    }
  })

layer(deployed({ POSH_PKIX_FETCH_INTERMEDIATES: "true" }), { excludeTestServices: true, timeout: 120_000 })(
  "POSH_PKIX_FETCH_INTERMEDIATES",
  (it) => {
    it.effect("a certificate alone is verified by what is where it says; asking again asks nobody", () =>
      Effect.gen(function*() {
        const { intermediate, root } = yield* World
        const { countOf, url } = yield* publish("/one.cer", {
          headers: { "content-type": "application/x-x509-ca-cert" }
        })
        const { leaf, question } = yield* present(url)
        for (let time = 0; time < 3; time += 1) {
          const answer = yield* ask(question)
          assert.deepInclude(answer, { valid: true, code: "Verified", prooftype: "pkix" })
          assert.deepStrictEqual(
            answer.evidence?.pkix?.path?.map(({ sha256 }) => sha256),
            [leaf, intermediate, root].map(({ der }) => sha256Base64(der))
          )
          assert.deepStrictEqual(answer.evidence?.pkix?.fetches, [{ url, outcome: "fetched" }])
        }
        assert.strictEqual(countOf(), 1)
        // Another certificate of the same authority needs no request either.
        assert.isTrue((yield* ask((yield* present(url)).question)).valid)
        assert.strictEqual(countOf(), 1)
      }))

    it.effect("in a batch, all questions about one authority take one request", () =>
      Effect.gen(function*() {
        const { post } = yield* Service
        const { countOf, url } = yield* publish("/batch.cer")
        const questions = yield* Effect.forEach(Array.from({ length: 20 }), () => present(url))
        const { json } = yield* post("/v1/verify/batch", {
          requests: questions.map(({ question: { certificate, domain } }) => ({
            domain,
            certificate,
            service: "xmpp-server",
            prooftypes: ["pkix"]
          }))
        })
        assert.isTrue((json as BatchResponse).results.every(({ answer }) => answer?.code === "Verified"))
        assert.strictEqual(countOf(), 1)
      }))

    it.effect("SEC-10: a host whose address is not public is not asked", () =>
      Effect.gen(function*() {
        const { question } = yield* present("http://inside.example/i.cer")
        const answer = yield* ask(question)
        assert.deepInclude(answer, { valid: false, verdict: "certificate-invalid", code: "PathIncomplete", ttl: 0 })
        const [fetched] = answer.evidence?.pkix?.fetches ?? []
        assert.deepInclude(fetched, { url: "http://inside.example/i.cer", outcome: "failed" })
        assert.match(fetched?.detail ?? "", /^BlockedAddress: 127\.0\.0\.1/)
      }))

    it.effect("URLs that are not asked are named, and so is what did not answer with a certificate", () =>
      Effect.gen(function*() {
        const { countOf, url } = yield* publish("/moved.cer", {
          status: 302,
          headers: { location: "http://inside.example/" }
        })
        const { question } = yield* present("ldap:///CN=CA", "http://ca.example:8080/", "http://10.0.0.1/", url)
        const answer = yield* ask(question)
        assert.strictEqual(answer.code, "PathIncomplete")
        assert.deepStrictEqual(
          answer.evidence?.pkix?.fetches?.map(({ outcome }) => outcome),
          ["refused", "refused", "refused", "failed"]
        )
        assert.strictEqual(answer.evidence?.pkix?.fetches?.at(-1)?.detail, "it answered 302")
        assert.strictEqual(countOf(), 1)
      }))

    it.effect("a server that never ends delays no answer beyond its deadline, and POSH is asked in time", () =>
      Effect.gen(function*() {
        const { url } = yield* publish("/slow.cer", { stallAfter: 100, headers: { "content-length": "1000" } })
        const { intermediate } = yield* World
        const leaf = yield* issue(intermediate, { dnsNames: ["silent.example"], caIssuers: [url] })
        const began = performance.now()
        const answer = yield* ask({
          domain: "silent.example",
          certificate: leaf.pem,
          prooftypes: ["pkix", "posh"],
          deadlineMs: 1_500,
          explain: true
        })
        assert.isBelow(performance.now() - began, 1_500)
        assert.deepInclude(answer, { code: "NotPublished", prooftype: "posh" })
        assert.deepStrictEqual(answer.evidence?.pkix?.fetches, [{ url, outcome: "pending" }])
      }))
  }
)

layer(deployed({}), { excludeTestServices: true, timeout: 120_000 })("by default", (it) => {
  it.effect("nobody is asked for certificates, and nothing is said of them", () =>
    Effect.gen(function*() {
      const { countOf, url } = yield* publish("/default.cer")
      const answer = yield* ask((yield* present(url)).question)
      assert.strictEqual(answer.code, "PathIncomplete")
      assert.isUndefined(answer.evidence?.pkix?.fetches)
      assert.strictEqual(countOf(), 0)
    }))
})
