/** Questions that name proof types, and how they are answered, over HTTP. */
import { assert, layer } from "@effect/vitest"
import type { BatchResponse } from "@posh/api"
import { sha256Base64 } from "@posh/testing"
import { Effect } from "effect"
import { Service } from "../service.ts"
import { ask, layerDeployed, post, saidOf, World } from "./world.ts"

const day = 86_400_000

layer(layerDeployed(), { excludeTestServices: true, timeout: 120_000 })("PKIX", (it) => {
  it.effect("alone: neither asks the domain nor says more than one proof", () =>
    Effect.gen(function*() {
      const { intermediate, origins, root, trusted } = yield* World
      const domain = "unlisted.example"
      const answer = yield* ask({ domain, chain: [trusted.pem, intermediate.pem], prooftypes: ["pkix"], explain: true })
      assert.deepInclude(answer, { valid: true, verdict: "verified", code: "Verified", prooftype: "pkix" })
      assert.isUndefined(answer.proofs)
      assert.isUndefined(answer.cache)
      assert.strictEqual(origins.countOf(domain), 0)
      assert.deepStrictEqual(
        answer.evidence?.pkix?.path?.map(({ sha256 }) => sha256),
        [trusted, intermediate, root].map(({ der }) => sha256Base64(der))
      )
      assert.deepStrictEqual(answer.evidence?.prooftypes, [
        { prooftype: "pkix", verdict: "verified", code: "Verified" }
      ])
      // Roots and what they issued may be withdrawn: not for as long as the certificate is valid.
      assert.isAtMost(answer.ttl * 1_000, 7 * day)
      assert.isAbove(answer.ttl * 1_000, 6 * day)
    }))

  it.effect("a chain without its intermediate has a code of its own, and says which issuer is missing", () =>
    Effect.gen(function*() {
      const { trusted } = yield* World
      const answer = yield* ask({
        domain: "unlisted.example",
        certificate: trusted.pem,
        prooftypes: ["pkix"],
        explain: true
      })
      assert.deepInclude(answer, {
        valid: false,
        verdict: "certificate-invalid",
        code: "PathIncomplete",
        prooftype: "pkix",
        ttl: 0
      })
      assert.isNotEmpty(answer.evidence?.pkix?.detail)
    }))

  it.effect("the chain may come in any order, with strangers, in one text of PEM, or as the body", () =>
    Effect.gen(function*() {
      const { ask: send } = yield* Service
      const { elsewhere, intermediate, root, trusted } = yield* World
      const pem = `${trusted.pem}${root.pem}${elsewhere.pem}${intermediate.pem}`
      const domain = "unlisted.example"
      assert.isTrue((yield* ask({ domain, certificate: pem, prooftypes: ["pkix"] })).valid)
      const { text } = yield* send(`/v1/verify?domain=${domain}&service=xmpp-server&prooftypes=pkix`, {
        method: "POST",
        headers: { "content-type": "application/pem-certificate-chain" },
        body: pem
      })
      assert.include(text, "\"prooftype\":\"pkix\"")
      assert.include(text, "\"valid\":true")
    }))

  it.effect("a certificate that comes with the leaf is no root, whatever it says of itself", () =>
    Effect.gen(function*() {
      const { unknown } = yield* World
      const answer = yield* ask({
        domain: "unlisted.example",
        chain: [unknown.pem, unknown.pem],
        prooftypes: ["pkix"]
      })
      assert.deepInclude(answer, { valid: false, code: "PkixPathInvalid" })
    }))

  it.effect("says nothing of a fingerprint, and is refused where it is all that is asked", () =>
    Effect.gen(function*() {
      const { trusted } = yield* World
      const fingerprint = { "sha-256": sha256Base64(trusted.der) }
      const both = yield* ask({ domain: "vouches.example", fingerprint, prooftypes: ["pkix", "posh"] })
      assert.deepInclude(both, { valid: true, prooftype: "posh" })
      assert.deepStrictEqual(saidOf(both), ["pkix not-applicable NotApplicable", "posh verified Verified"])
      const alone = yield* post({ domain: "vouches.example", fingerprint, prooftypes: ["pkix"] })
      assert.deepInclude(alone.json, { code: "InvalidRequest", field: "prooftypes" })
    }))

  it.effect.each([
    [["dane"], "prooftypes[0]"],
    [["pkix", "dane"], "prooftypes[1]"],
    [[], "prooftypes"]
  ])("%j cannot be evaluated, and is refused", ([prooftypes, field]) =>
    Effect.gen(function*() {
      const { trusted } = yield* World
      const { json, status } = yield* post({ domain: "vouches.example", certificate: trusted.pem, prooftypes })
      assert.strictEqual(status, 400)
      assert.deepInclude(json, { code: "InvalidRequest", field })
    }))

  it.effect("a batch answers as single questions do", () =>
    Effect.gen(function*() {
      const { post: send } = yield* Service
      const { intermediate, trusted, unknown } = yield* World
      const chain = [trusted.pem, intermediate.pem]
      const { json } = yield* send("/v1/verify/batch", {
        requests: [
          { service: "xmpp-server", domain: "contradicts.example", chain, prooftypes: ["pkix", "posh"] },
          { service: "xmpp-server", domain: "contradicts.example", chain, prooftypes: ["posh"] },
          { service: "xmpp-server", domain: "contradicts.example", chain },
          { service: "xmpp-server", domain: "vouches.example", certificate: unknown.pem, prooftypes: ["posh", "pkix"] }
        ]
      })
      assert.deepStrictEqual(
        (json as BatchResponse).results.map(({ answer }) => `${answer?.prooftype} ${answer?.code}`),
        ["pkix Verified", "posh CertificateMismatch", "posh CertificateMismatch", "posh Verified"]
      )
    }))
})

layer(layerDeployed({ POSH_PROOFTYPES: "posh,pkix" }), { excludeTestServices: true, timeout: 120_000 })(
  "POSH_PROOFTYPES",
  (it) => {
    it.effect("is what is asked where the question names none", () =>
      Effect.gen(function*() {
        const { intermediate, trusted } = yield* World
        const question = { domain: "contradicts.example", chain: [trusted.pem, intermediate.pem] }
        const answer = yield* ask(question)
        assert.deepInclude(answer, { valid: true, prooftype: "pkix" })
        assert.deepStrictEqual(saidOf(answer), ["pkix verified Verified", "posh not-applicable NotNeeded"])
        const posh = yield* ask({ ...question, prooftypes: ["posh"] })
        assert.deepInclude(posh, { valid: false, prooftype: "posh", code: "CertificateMismatch" })
        assert.isUndefined(posh.proofs)
      }))
  }
)
