/**
 * What DNS says, beside what a domain publishes (`GET /v1/associations`), over HTTP with signed zones and a real resolver that
 * validates.
 */
import { assert, describe, layer } from "@effect/vitest"
import type { Association } from "@posh/api"
import { VerificationService } from "@posh/api/grpc"
import { type DnssecZone, makeUnbound } from "@posh/testing"
import { Effect } from "effect"
import { hash } from "node:crypto"
import { associationJson } from "../grpc/asJson.ts"
import { openClient } from "../grpc/client.ts"
import { Service } from "../service.ts"
import { type DomainName, layerDeployed, layerDeployedBy, World } from "./world.ts"

const digest = (der: Uint8Array) => hash("sha256", der, "hex")

const zonesOf = ({ other, unknown }: World["Service"]): ReadonlyArray<DnssecZone> => [
  {
    name: "example",
    records: [
      "_xmpp-server._tcp.vouches SRV 20 5 5269 later",
      "_xmpp-server._tcp.vouches SRV 10 5 5270 first",
      "_xmpp-server._tcp.contradicts SRV 10 5 5269 none",
      "_xmpp-server._tcp.broken SRV 0 0 0 .",
      "first A 192.0.2.1",
      "later CNAME first",
      "none A 192.0.2.1",
      `_5270._tcp.first TLSA 3 0 1 ${digest(unknown.der)}`,
      `_5270._tcp.first TLSA 0 0 1 ${digest(other.der)}`,
      "_5269._tcp.first TLSA 9 9 9 00"
    ].join("\n")
  },
  {
    name: "down.example",
    records: "_xmpp-server._tcp SRV 10 5 5269 first.example.",
    forge: (text) => text.replaceAll("first.example.", "later.example.")
  }
]

const withResolver = (options?: Parameters<typeof layerDeployedBy>[1]) =>
  layerDeployedBy(
    (world) =>
      Effect.map(makeUnbound({ zones: zonesOf(world) }), ({ port }) => ({
        POSH_DNSSEC_RESOLVER: `dns://127.0.0.1:${port}`
      })),
    options
  )

const get = (domain: DomainName, query = "") =>
  Effect.flatMap(Service, ({ ask }) => ask(`/v1/associations/${domain}.example/xmpp-server${query}`)).pipe(
    Effect.map(({ json, status, text }) => {
      assert.strictEqual(status, 200, text)
      return json as Association
    })
  )

interface Row {
  readonly domain: DomainName
  /** State and code of what it publishes, which DNS does not change. */
  readonly posh: string
  readonly tlsa: object
}

const rows: ReadonlyArray<Row> = [
  { domain: "silent", posh: "no-material NotPublished", tlsa: { state: "not-applicable", reason: "SrvAbsent" } },
  { domain: "broken", posh: "unusable-material InvalidJson", tlsa: { state: "not-applicable", reason: "NotOffered" } },
  { domain: "contradicts", posh: "material Resolved", tlsa: { state: "not-applicable", reason: "TlsaAbsent" } },
  {
    domain: "down",
    posh: "indeterminate ServerError",
    tlsa: { state: "untrusted", step: "srv", status: "bogus" }
  }
]

describe("an association (POSH-REQ-08, POSH-PRF-21)", () => {
  layer(withResolver({ grpc: true }), { excludeTestServices: true, timeout: 180_000 })("with a resolver", (it) => {
    it.effect.each(rows)("$domain: $tlsa", ({ domain, posh, tlsa }) =>
      Effect.gen(function*() {
        const found = yield* get(domain)
        assert.strictEqual(`${found.state} ${found.code}`, posh)
        assert.deepInclude(found.tlsa, tlsa)
      }))

    it.effect("lists hosts in order, with their records and which of them count", () =>
      Effect.gen(function*() {
        const { other, unknown } = yield* World
        const { tlsa } = yield* get("vouches")
        assert.isDefined(tlsa)
        assert.strictEqual(tlsa.state, "records")
        assert.deepStrictEqual(tlsa.endpoints, [
          {
            target: "first.example",
            port: 5_270,
            state: "records",
            base: "first.example",
            records: [
              { usage: 3, selector: 0, matching: 1, data: digest(unknown.der), usable: true },
              {
                usage: 0,
                selector: 0,
                matching: 1,
                data: digest(other.der),
                usable: false,
                reason: "UsageDisabled"
              }
            ]
          },
          {
            target: "later.example",
            port: 5_269,
            state: "not-applicable",
            reason: "NoUsableRecords",
            base: "first.example",
            records: [{ usage: 9, selector: 9, matching: 9, data: "00", usable: false, reason: "UnknownUsage" }]
          }
        ])
        const life = Date.parse(tlsa.expiresAt) - Date.parse(tlsa.resolvedAt)
        assert.isAbove(life, 0)
        assert.isAtMost(life, 300_000)
      }))

    it.effect.each(["vouches", "down", "broken"] as const)(
      "is the same over gRPC: %s",
      (domain) =>
        Effect.gen(function*() {
          const found = yield* get(domain)
          const { call } = yield* openClient((yield* Service).grpcUrl)
          const { association } = yield* call(VerificationService.method.getAssociation, {
            domain: `${domain}.example`,
            service: "xmpp-server"
          })
          assert.strictEqual(associationJson(association!).tlsa?.state, found.tlsa?.state)
          assert.deepStrictEqual(associationJson(association!).tlsa?.endpoints, found.tlsa?.endpoints)
        })
    )

    it.effect("is remembered, and asked for anew with ?refresh (POSH-CAC-32)", () =>
      Effect.gen(function*() {
        const first = yield* get("vouches")
        assert.strictEqual((yield* get("vouches")).tlsa?.resolvedAt, first.tlsa?.resolvedAt)
        const anew = yield* get("vouches", "?refresh=true")
        assert.notStrictEqual(anew.tlsa?.resolvedAt, first.tlsa?.resolvedAt)
        assert.strictEqual((yield* get("vouches")).tlsa?.resolvedAt, anew.tlsa?.resolvedAt)
      }))
  })

  layer(withResolver({ limits: { callerResolutions: 1 } }), { excludeTestServices: true, timeout: 180_000 })(
    "with a resolver, and one resolution a minute",
    (it) => {
      it.effect("a caller over its limit is refused: no answer of DNS is made up (POSH-SEC-12)", () =>
        Effect.gen(function*() {
          const { ask } = yield* Service
          const refused = yield* ask("/v1/associations/vouches.example/xmpp-server")
          assert.strictEqual(refused.status, 429, refused.text)
          assert.isString(refused.headers["retry-after"])
        }))
    }
  )

  layer(layerDeployed(), { excludeTestServices: true, timeout: 120_000 })("without a resolver", (it) => {
    it.effect("says nothing of DNS", () =>
      Effect.gen(function*() {
        const found = yield* get("vouches")
        assert.strictEqual(found.state, "material")
        assert.notProperty(found, "tlsa")
      }))
  })
})
