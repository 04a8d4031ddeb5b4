/** ejabberd with a host for each service that it asks: the real one, and those that lie. */
import { Behave, fingerprintsDocument, issue, makeDns, makeOrigins, rootCa, sha256Base64 } from "@posh/testing"
import { Context, Effect, Layer, Redacted, Result } from "effect"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { layerVerifier } from "../../../src/App.ts"
import { readSettings } from "../../../src/config/Config.ts"
import { toEgressOptions } from "../../../src/config/policy.ts"
import { fleetKeys } from "../../access/world.ts"
import { Service } from "../../service.ts"
import { EjabberdNode, type EjabberdOptions } from "./EjabberdNode.ts"
import type { Answer, Lying } from "./lying.ts"
import { Peer, type Served } from "./Peer.ts"

const path = "/.well-known/posh/xmpp-server.json"
const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000)

const makeFiles = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "posh-"))),
  (folder) => Effect.promise(() => rm(folder, { recursive: true }))
).pipe(Effect.map((folder) => (name: string, content: string) =>
  Effect.promise(async () => {
    await writeFile(join(folder, name), content)
    return join(folder, name)
  })
))

const makeCertificates = Effect.gen(function*() {
  const ca = yield* rootCa()
  const own = (name: string) => issue(ca, { dnsNames: [name] })
  return {
    hosting: yield* own("hosting.example"),
    named: yield* own("named.example"),
    stranger: yield* own("stranger.example"),
    expired: yield* issue(ca, { dnsNames: ["hosting.example"], notBefore: daysAgo(9), notAfter: daysAgo(1) }),
    ca
  }
})

const make = Effect.fnUntraced(function*(lying: ReadonlyArray<Lying>) {
  const files = yield* makeFiles
  const certificates = yield* makeCertificates
  const { ca, expired, hosting, named, stranger } = certificates
  const document = Behave.json(fingerprintsDocument([hosting, expired], { expires: 3_600 }))
  const vouching = [
    "hosted.example",
    "xn--bcher-kva.example",
    "stranger.example.org",
    "expired.example",
    "refusing.example",
    "prosody.example",
    "stranger.prosody.example"
  ]
  const answer: Answer = (changes = {}) => ({
    valid: true,
    verdict: "verified",
    code: "Verified",
    domain: "hosted.example",
    service: "xmpp-server",
    certificate: { sha256: sha256Base64(hosting.der) },
    ...changes
  })
  const hostOf = ({ name }: Pick<Lying, "name">) => `${name}.posh.test`
  const origins = yield* makeOrigins({
    ...Object.fromEntries(vouching.map((domain) => [domain, { routes: { [path]: document } }])),
    ...Object.fromEntries(lying.map(({ behaviour, name, tls }) => [hostOf({ name }), {
      routes: { "/v1/verify": behaviour?.(answer) ?? Behave.json(answer()) },
      ...(tls === undefined ? {} : { tls })
    }]))
  })
  origins.setRoute("elsewhere.posh.test", "/v1/verify", Behave.json(answer()))
  const portOf = (host: string) =>
    Number(new RegExp(`(?:^|,)${host.replaceAll(".", "\\.")}:443=[^:]+:(\\d+)`).exec(origins.connectTo)?.[1])

  const domains = new Map<string, Served>([
    ["hosted.example", { certificate: hosting }],
    ["xn--bcher-kva.example", { certificate: hosting }],
    ["bücher.example", { certificate: hosting }],
    ["named.example", { certificate: named }],
    ["stranger.example.org", { certificate: stranger }],
    ["expired.example", { certificate: expired }],
    ["refusing.example", { certificate: hosting, refuses: true }],
    ["silent.example", { certificate: hosting }],
    ["before-tls.example", { certificate: stranger, lie: "before TLS" }],
    ["before-check.example", { certificate: stranger, lie: "before the check" }],
    ["no-features.example", { certificate: stranger, lie: "without features" }]
  ])
  const peer = yield* Peer.make(domains)
  // SRV records by DNS; the target by the resolver of the system.
  const dns = yield* makeDns({
    ...Object.fromEntries([...domains.keys()].flatMap((domain) => [
      [`_xmpp-server._tcp.${domain}`, { srv: [{ priority: 0, weight: 0, port: peer.port, target: "localhost" }] }],
      [domain, { a: ["127.0.0.1"] }]
    ])),
    "posh.test": { a: ["127.0.0.1"] },
    ...Object.fromEntries(lying.map((row) => [hostOf(row), { a: ["127.0.0.1"] }]))
  })

  const { cert, key } = yield* Effect.map(
    origins.certificateOf("posh.test"),
    ({ issuers, keyPem, pem }) => ({
      cert: pem + issuers.map((issuer) => issuer.pem).join(""),
      key: Redacted.make(keyPem)
    })
  )
  const settings = Result.getOrThrow(readSettings({
    POSH_ALLOW_SPECIAL_USE_DOMAINS: "true",
    POSH_CONNECT_TO: origins.connectTo,
    POSH_EXTRA_CA_FILE: yield* files("origins.pem", origins.caPem)
  }))
  const service = yield* Layer.build(
    Service.layer(layerVerifier(settings, yield* toEgressOptions(settings)), {
      callers: fleetKeys.callers,
      tls: { cert, key }
    })
  ).pipe(Effect.map((context) => Context.get(context, Service)))

  const key_file = yield* files("key", `${fleetKeys.bearer("verify").authorization.slice("Bearer ".length)}\n`)
  const ca_file = yield* files("posh.pem", origins.caPem)
  const real = { url: `https://posh.test:${new URL(service.baseUrl).port}/`, ca_file, key_file, timeout: "20 seconds" }
  const always = { mod_admin_extra: {}, mod_http_api: {}, mod_ping: {} }
  const host = (options: Readonly<Record<string, unknown>>, more = {}) => ({
    modules: { ...always, ...more, mod_posh_verifier: options }
  })
  const dialback = { mod_s2s_dialback: {} }
  const hosts: EjabberdOptions["hosts"] = {
    "ejabberd.example": host(real),
    "dialback.test": host(real, dialback),
    "wrong-key.test": host({ ...real, key_file: yield* files("wrong-key", "not-the-key") }, dialback),
    "two-keys.test": host({ ...real, key_file: yield* files("two-keys", "one\r\nX-Other: two") }, dialback),
    "closed.test": { ...host(real), s2s_access: "none" },
    "without.test": { modules: always },
    "only-dialback.test": { modules: { ...always, ...dialback } },
    ...Object.fromEntries(lying.map((row) => [
      `${row.name}.test`,
      host(
        { url: `https://${hostOf(row)}:${portOf(hostOf(row))}`, ca_file, timeout: "20 seconds", ...row.options },
        dialback
      )
    ]))
  }
  const own = yield* issue(ca, { dnsNames: Object.keys(hosts) })
  const caFile = yield* files("ca.pem", ca.pem)
  const node = yield* EjabberdNode.make({
    hosts,
    caFile,
    certFile: yield* files("own.pem", own.pem + own.keyPem),
    dnsPort: dns.port
  })
  const serve = (domain: string, port: number) =>
    dns.set(`_xmpp-server._tcp.${domain}`, { srv: [{ priority: 0, weight: 0, port, target: "localhost" }] })
  serve("ejabberd.example", node.s2sPort)
  dns.set("localhost", { a: ["127.0.0.1"] })
  return { caFile, certificates, dns: { port: dns.port, serve }, hosts, node, origins, peer, service }
})

export class World extends Context.Service<World, Effect.Success<ReturnType<typeof make>>>()(
  "posh/server/test/recipes/ejabberd/World"
) {
  static readonly layer = (lying: ReadonlyArray<Lying>) => Layer.effect(World, make(lying))
}
