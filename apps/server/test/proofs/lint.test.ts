/**
 * Findings about DNS (`POST /v1/documents/lint`), over HTTP with signed zones and a real resolver that validates.
 */
import { assert, layer } from "@effect/vitest"
import type { LintResponse } from "@posh/api"
import { type DnssecZone, makeUnbound } from "@posh/testing"
import { Effect } from "effect"
import { hash } from "node:crypto"
import { Service } from "../service.ts"
import { layerDeployed, layerDeployedBy, World } from "./world.ts"

const digest = (der: Uint8Array) => hash("sha256", der, "hex")

const zonesOf = ({ intermediate, other, trusted }: World["Service"]): ReadonlyArray<DnssecZone> => [
  {
    name: "example",
    records: [
      "_xmpp-server._tcp.vouches SRV 10 5 5269 one",
      "_xmpp-server._tcp.vouches SRV 20 5 5269 alias",
      "_xmpp-server._tcp.contradicts SRV 10 5 5269 issuer",
      "_xmpp-server._tcp.half SRV 10 5 5269 xmpp.plain",
      "_xmpp-server._tcp.half SRV 20 5 5269 outside",
      "_xmpp-server._tcp.half SRV 30 5 5269 nowhere",
      "_xmpp-server._tcp.broken SRV 0 0 0 .",
      ...["one", "issuer", "outside"].map((host) => `${host} A 192.0.2.1`),
      "alias CNAME one",
      `_5269._tcp.one TLSA 3 0 1 ${digest(trusted.der)}`,
      `_5269._tcp.one TLSA 3 0 1 ${digest(intermediate.der)}`,
      `_5269._tcp.one TLSA 0 0 1 ${digest(other.der)}`,
      "_5269._tcp.one TLSA 9 9 9 00",
      `_5269._tcp.issuer TLSA 2 0 1 ${digest(intermediate.der)}`,
      "_5269._tcp.outside CNAME tlsa.plain"
    ].join("\n")
  },
  {
    name: "plain.example",
    denial: "unsigned",
    records: [
      "_xmpp-server._tcp SRV 10 5 5269 one.example.",
      "xmpp A 192.0.2.1",
      `tlsa TLSA 3 0 1 ${digest(other.der)}`
    ].join("\n")
  },
  { name: "soon.example", signedFor: 5, records: "_xmpp-server._tcp 172800 SRV 10 5 5269 issuer.example." },
  { name: "week.example", records: "_xmpp-server._tcp 172800 SRV 10 5 5269 issuer.example." },
  {
    name: "forged.example",
    records: "_xmpp-server._tcp SRV 10 5 5269 one.example.",
    forge: (text) => text.replaceAll("one.example.", "alias.example.")
  }
]

const deployed = layerDeployedBy((world) =>
  Effect.map(makeUnbound({ zones: zonesOf(world) }), ({ port }) => ({
    POSH_DNSSEC_RESOLVER: `dns://127.0.0.1:${port}`
  }))
)

const lint = (domain: string, certificate?: string) =>
  Effect.flatMap(Service, ({ post }) =>
    post("/v1/documents/lint", {
      domain: `${domain}.example`,
      service: "xmpp-server",
      ...(certificate === undefined ? {} : { certificate })
    })).pipe(
      Effect.map(({ json, status, text }) => {
        assert.strictEqual(status, 200, text)
        return (json as LintResponse).findings.map(({ code, path = "", severity }) => `${severity} ${code} ${path}`)
      })
    )

interface Row {
  readonly domain: string
  /** Those about DNS. */
  readonly findings: ReadonlyArray<string>
}

const ofOne = "_5269._tcp.one.example"
const rows: ReadonlyArray<Row> = [
  { domain: "silent", findings: ["info SrvAbsent _xmpp-server._tcp.silent.example"] },
  { domain: "broken", findings: ["info SrvNotOffered _xmpp-server._tcp.broken.example"] },
  { domain: "contradicts", findings: [] },
  { domain: "plain", findings: ["warning SrvInsecure _xmpp-server._tcp.plain.example"] },
  { domain: "forged", findings: ["error DnssecRejected _xmpp-server._tcp.forged.example"] },
  { domain: "soon", findings: ["info SignatureEndsSoon _xmpp-server._tcp.soon.example"] },
  { domain: "week", findings: ["info DnsTtlLong _xmpp-server._tcp.week.example"] },
  {
    domain: "half",
    findings: [
      "warning HostAddressInsecure xmpp.plain.example",
      "warning TlsaInsecure _5269._tcp.outside.example",
      "error HostAddressAbsent nowhere.example"
    ]
  },
  {
    domain: "vouches",
    findings: [
      `warning TlsaUnusable ${ofOne}`,
      `info TlsaUsageDisabled ${ofOne}`,
      "warning SrvTargetAlias alias.example",
      ...[1, 2, 3].map((index) => `warning MaterialWithoutTlsa fingerprints[${index}]`),
      `info TlsaWithoutMaterial ${ofOne}`
    ]
  }
]

const aboutDns = / (?:Srv|Host|Tlsa|Dns(?:sec|Unanswered|Ttl)|Signature|MaterialWithout)/

layer(deployed, { excludeTestServices: true, timeout: 180_000 })("lint of a domain with a resolver", (it) => {
  it.effect.each(rows)("$domain: $findings", ({ domain, findings }) =>
    Effect.gen(function*() {
      assert.deepStrictEqual((yield* lint(domain)).filter((finding) => aboutDns.test(finding)), findings)
    }))

  it.effect("a certificate that is given is compared with the records, as a question would be", () =>
    Effect.gen(function*() {
      const { intermediate, trusted, unknown } = yield* World
      const refused = "error TlsaMismatch "
      assert.notInclude(yield* lint("vouches", trusted.pem), refused)
      assert.include(yield* lint("vouches", unknown.pem), refused)
      // An issuer counts only where it is presented (RFC 7671 §5.2.2).
      assert.notInclude(yield* lint("contradicts", `${trusted.pem}${intermediate.pem}`), refused)
      assert.include(yield* lint("contradicts", trusted.pem), refused)
      assert.notInclude(yield* lint("silent", unknown.pem), refused)
    }))
})

layer(layerDeployed(), { excludeTestServices: true, timeout: 120_000 })("lint of a domain without a resolver", (it) => {
  it.effect("finds nothing of DNS", () =>
    Effect.gen(function*() {
      const { unknown } = yield* World
      assert.deepStrictEqual((yield* lint("silent", unknown.pem)).filter((finding) => aboutDns.test(finding)), [])
    }))
})
