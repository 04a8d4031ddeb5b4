/**
 * The rows of DANE in the table of requirements §6.3, over HTTP with real chains, real origins, signed zones and a real resolver
 * that validates.
 */
import { assert, layer } from "@effect/vitest"
import type { Answer, BatchResponse, Inventory } from "@posh/api"
import { type Certificate, type DnssecZone, makeUnbound, sha256Base64 } from "@posh/testing"
import { Effect } from "effect"
import { hash, X509Certificate } from "node:crypto"
import { Service } from "../service.ts"
import { ask, type DomainName, layerDeployedBy, saidOf, World } from "./world.ts"

const keyOf = ({ der }: Certificate) =>
  hash("sha256", new X509Certificate(der).publicKey.export({ format: "der", type: "spki" }), "hex")

/** Where each domain's service is, and what TLSA says there. `broken` has no SRV record, `down` a zone with spoilt signatures. */
const zonesOf = ({ expired, intermediate, other, unknown }: World["Service"]): ReadonlyArray<DnssecZone> => [
  {
    name: "example",
    records: [
      "_xmpp-server._tcp.contradicts SRV 10 5 5269 ours",
      "_xmpp-server._tcp.vouches SRV 10 5 5269 others",
      "_xmpp-server._tcp.silent SRV 10 5 5269 issuer",
      "_xmpp-server._tcp.hosted SRV 10 5 5269 elsewhere",
      ...["ours", "others", "issuer", "elsewhere"].map((host) => `${host} A 192.0.2.1`),
      `_5269._tcp.ours TLSA 3 1 1 ${keyOf(unknown)}`,
      `_5269._tcp.ours TLSA 3 1 1 ${keyOf(expired)}`,
      `_5269._tcp.others TLSA 3 1 1 ${keyOf(other)}`,
      "_5269._tcp.elsewhere TLSA 9 0 1 00", // secure, and of no use
      `_5269._tcp.issuer TLSA 2 1 1 ${keyOf(intermediate)}`
    ].join("\n")
  },
  {
    name: "down.example",
    records: "_xmpp-server._tcp SRV 10 5 5269 ours.example.",
    forge: (text) => text.replaceAll("ours.example.", "others.example.")
  }
]

const deployed = layerDeployedBy((world) =>
  Effect.map(makeUnbound({ zones: zonesOf(world) }), ({ port }) => ({
    POSH_DNSSEC_RESOLVER: `dns://127.0.0.1:${port}`
  }))
)

interface Row {
  readonly presented: "trusted" | "unknown" | "expired" | "other"
  readonly domain: DomainName
  /** verdict, code, and the proof type that decided */
  readonly answer: string
  readonly pkix: string
  readonly dane: string
  readonly posh: string
}

const ok = "verified Verified"
const notNeeded = "not-applicable NotNeeded"
const notApplicable = "not-applicable NotApplicable"
const noPath = "certificate-invalid PkixPathInvalid"
const mismatch = "mismatch TlsaMismatch"
const bogus = "indeterminate DnssecBogus"
const unusable = "unusable-material InvalidJson"
const ended = "certificate-invalid PresentedCertificateExpired"

const rows: ReadonlyArray<Row> = [
  { presented: "unknown", domain: "contradicts", answer: `${ok} dane`, pkix: noPath, dane: ok, posh: notNeeded },
  { presented: "expired", domain: "contradicts", answer: `${ok} dane`, pkix: ended, dane: ok, posh: ended },
  { presented: "expired", domain: "silent", answer: `${mismatch} dane`, pkix: ended, dane: mismatch, posh: ended },
  { presented: "expired", domain: "broken", answer: `${ended} posh`, pkix: ended, dane: notApplicable, posh: ended },
  {
    presented: "trusted",
    domain: "contradicts",
    answer: `${mismatch} dane`,
    pkix: ok,
    dane: mismatch,
    posh: notNeeded
  },
  { presented: "trusted", domain: "vouches", answer: `${mismatch} dane`, pkix: ok, dane: mismatch, posh: notNeeded },
  {
    presented: "unknown",
    domain: "vouches",
    answer: `${mismatch} dane`,
    pkix: noPath,
    dane: mismatch,
    posh: notNeeded
  },
  { presented: "trusted", domain: "silent", answer: `${ok} dane`, pkix: ok, dane: ok, posh: notNeeded },
  { presented: "unknown", domain: "silent", answer: `${mismatch} dane`, pkix: noPath, dane: mismatch, posh: notNeeded },
  { presented: "trusted", domain: "broken", answer: `${ok} pkix`, pkix: ok, dane: notApplicable, posh: notNeeded },
  {
    presented: "unknown",
    domain: "broken",
    answer: `${unusable} posh`,
    pkix: noPath,
    dane: notApplicable,
    posh: unusable
  },
  { presented: "trusted", domain: "down", answer: `${bogus} dane`, pkix: ok, dane: bogus, posh: notNeeded }
]

const questionOf = ({ domain, presented }: Pick<Row, "domain" | "presented">, world: World["Service"]) => {
  const { issuers, pem } = world[presented]
  return { domain: `${domain}.example`, chain: [pem, ...issuers.slice(0, -1).map((issuer) => issuer.pem)] }
}

layer(deployed, { excludeTestServices: true, timeout: 180_000 })("DANE beside PKIX and POSH", (it) => {
  it.effect.each(rows)(
    "$presented, and the domain $domain: $answer (PRF-22, PRF-25, PRF-40, PRF-44)",
    (row) =>
      Effect.gen(function*() {
        const question = { ...questionOf(row, yield* World), prooftypes: ["posh", "dane", "pkix"], explain: true }
        const answer = yield* ask(question)
        assert.strictEqual(`${answer.verdict} ${answer.code} ${answer.prooftype}`, row.answer)
        assert.deepStrictEqual(saidOf(answer), [`pkix ${row.pkix}`, `dane ${row.dane}`, `posh ${row.posh}`])
        assert.strictEqual(answer.valid, answer.verdict === "verified")
        // A yes holds no longer than the records that could turn it into a no.
        assert.isAtMost(answer.ttl, row.dane === notApplicable || answer.valid ? 3_600 : 0)
        assert.deepStrictEqual(factsOf(yield* ask(question)), factsOf(answer))
      })
  )

  it.effect("alone: no record at all is no material", () =>
    Effect.gen(function*() {
      const world = yield* World
      const none = yield* ask({
        ...questionOf({ domain: "broken", presented: "trusted" }, world),
        prooftypes: ["dane"]
      })
      assert.deepInclude(none, { valid: false, verdict: "no-material", code: "NotPublished", prooftype: "dane" })
      const found = yield* ask({
        ...questionOf({ domain: "contradicts", presented: "unknown" }, world),
        prooftypes: ["dane"],
        explain: true
      })
      assert.deepInclude(found, { valid: true, prooftype: "dane" })
      assert.deepInclude(found.evidence?.dane?.record, { usage: 3, selector: 1, matching: 1 })
      assert.strictEqual(world.origins.countOf("contradicts.example"), 0)
    }))

  it.effect("PRF-07: a host that DNSSEC secured is a name for the checks of PKIX and POSH", () =>
    Effect.gen(function*() {
      const { elsewhere, intermediate } = yield* World
      const named = (...prooftypes: ReadonlyArray<string>) =>
        Effect.map(
          ask({
            domain: "hosted.example",
            chain: [elsewhere.pem, intermediate.pem],
            nameCheck: "source-or-delegated",
            prooftypes,
            explain: true
          }),
          ({ code, evidence, prooftype }) => `${code} ${prooftype} ${evidence?.names?.derived}`
        )
      assert.strictEqual(yield* named("posh"), "NameCheckFailed posh undefined")
      assert.strictEqual(yield* named("posh", "dane"), "Verified posh true")
      assert.strictEqual(yield* named("pkix"), "PkixNameMismatch pkix undefined")
      assert.strictEqual(yield* named("pkix", "dane"), "Verified pkix undefined")
    }))

  it.effect("lists what is remembered of DNS, and forgets it with the rest", () =>
    Effect.gen(function*() {
      const world = yield* World
      const { ask: request } = yield* Service
      const list = (query: string) =>
        Effect.map(request(`/v1/associations?source=tlsa${query}`), ({ json, status }) => {
          assert.strictEqual(status, 200)
          return json as Inventory
        })
      yield* ask({ ...questionOf({ domain: "vouches", presented: "other" }, world), prooftypes: ["dane"] })
      yield* ask({ ...questionOf({ domain: "broken", presented: "trusted" }, world), prooftypes: ["dane"] })
      const { associations, lookups = [] } = yield* list("")
      assert.deepStrictEqual(associations, [])
      const ofDomain = (name: string) => lookups.find(({ domain }) => domain === `${name}.example`)
      assert.deepInclude(ofDomain("vouches"), { state: "records", endpoints: 1, records: 1, source: "tlsa" })
      assert.deepInclude(ofDomain("broken"), {
        state: "not-applicable",
        endpoints: 0,
        records: 0,
        detail: "SrvAbsent"
      })
      const seconds = lookups.map(({ expiresAt, resolvedAt }) =>
        (Date.parse(expiresAt) - Date.parse(resolvedAt)) / 1_000
      )
      assert.isTrue(seconds.every((lasts) => lasts <= 300), seconds.join())
      const ends = lookups.map(({ expiresAt }) => Date.parse(expiresAt))
      assert.deepStrictEqual(ends, ends.toSorted((one, other) => one - other))

      const { cursor } = yield* list("&limit=1")
      assert.strictEqual((yield* list(`&limit=999&cursor=${cursor}`)).lookups?.length, lookups.length - 1)
      assert.deepInclude((yield* request(`/v1/associations?cursor=${cursor}`)).json, { field: "cursor" })
      assert.strictEqual((yield* request("/v1/associations?source=dns")).status, 400)

      yield* request("/v1/associations/vouches.example/xmpp-server", { method: "DELETE" })
      const left = (yield* list("")).lookups ?? []
      assert.strictEqual(left.length, lookups.length - 1)
    }))

  it.effect("by fingerprint: a hash of the certificate says nothing of a record about its key, which is no yes", () =>
    Effect.gen(function*() {
      const world = yield* World
      const answer = yield* ask({
        domain: "vouches.example",
        fingerprint: { "sha-256": sha256Base64(world.unknown.der) },
        prooftypes: ["dane", "posh"]
      })
      assert.deepInclude(answer, { valid: false, verdict: "indeterminate", code: "NoCommonHash", prooftype: "dane" })
    }))

  it.effect("a batch answers as single questions do", () =>
    Effect.gen(function*() {
      const world = yield* World
      const { post: send } = yield* Service
      const { json } = yield* send("/v1/verify/batch", {
        requests: rows.slice(0, 7).map((row) => {
          const { chain, domain } = questionOf(row, world)
          return { domain, chain, service: "xmpp-server", prooftypes: ["dane", "pkix", "posh"] }
        })
      })
      assert.deepStrictEqual(
        (json as BatchResponse).results.map(({ answer }) => `${answer?.verdict} ${answer?.code} ${answer?.prooftype}`),
        rows.slice(0, 7).map(({ answer }) => answer)
      )
    }))
})

const factsOf = ({ code, proofs, prooftype, verdict }: Answer) => ({ verdict, code, prooftype, proofs })
