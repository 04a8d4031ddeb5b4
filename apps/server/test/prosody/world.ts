/**
 * Two Prosody servers, one for `left.example`, one for all other domains, and nobody's certificate names a domain unless a row says
 * so: `left` asks through a front that can misbehave, `right` asks the service itself.
 *
 * Both are on loopback, at ports that SRV records name: the DNS of these tests is a server of theirs, which libunbound asks as it
 * would ask any other. So neither network namespaces nor fixed ports nor root are needed.
 */
import {
  Behave,
  type Certificate,
  fingerprintsDocument,
  freePort,
  issue,
  makeDns,
  makeOrigins,
  rootCa,
  selfSigned
} from "@posh/testing"
import { Context, Effect, Layer, Redacted, Result } from "effect"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { domainToASCII } from "node:url"
import { Callers } from "../../src/access/Callers.ts"
import { makeKey } from "../../src/access/Key.ts"
import { layerVerifier } from "../../src/App.ts"
import { readSettings } from "../../src/config/Config.ts"
import { toEgressOptions } from "../../src/config/policy.ts"
import { Service } from "../service.ts"
import { type Conduct, Front } from "./Front.ts"
import { ensureProsody, makeFolder, makeProsody } from "./ProsodyServer.ts"

export const MODULE = "s2s_auth_posh_verifier"
export const LEFT = "left.example"

/** A domain of the right server. */
export interface Domain {
  readonly name: string
  /** Default `hosting`: signed by a CA that both servers trust, and naming `hosting.example` alone. */
  readonly presents?: "hosting" | "own" | "alone" | "ordinary" | "chained"
  /** What its document lists; default the certificate that it presents. `undefined` certificates: no document. */
  readonly publishes?: "same" | "stranger" | "nothing" | "expired"
  readonly conduct?: Conduct
  /** Reached by TLS from the first octet (XEP-0368). */
  readonly directTls?: true
}

const makeCertificates = Effect.gen(function*() {
  const ca = yield* rootCa()
  const intermediate = yield* issue(ca, { subject: "CN=Intermediate", ca: true })
  const foreignCa = yield* rootCa({ subject: "CN=Foreign" })
  return {
    ca,
    left: yield* selfSigned({ dnsNames: ["machine-1.example"] }),
    hosting: yield* issue(ca, { dnsNames: ["hosting.example"] }),
    alone: yield* selfSigned({ dnsNames: ["hosting.example"] }),
    chained: yield* issue(intermediate, { dnsNames: ["hosting.example"] }),
    ordinary: yield* issue(ca, { dnsNames: ["*.many.example"] }),
    own: (name: string) => issue(ca, { dnsNames: [name] }),
    stranger: yield* issue(ca, { dnsNames: ["stranger.example"] }),
    verifier: yield* issue(ca, { dnsNames: ["verifier.example"] }),
    foreignVerifier: yield* issue(foreignCa, { dnsNames: ["verifier.example"] })
  }
})

const documentPath = "/.well-known/posh/xmpp-server.json"

/** The servers, the service and the outside world of these domains. */
export const makeWorld = Effect.fnUntraced(
  function*(domains: ReadonlyArray<Domain>, leftSettings: Readonly<Record<string, unknown>>) {
    ensureProsody()
    const certificates = yield* makeCertificates
    const folder = yield* makeFolder
    const file = (name: string, text: string) =>
      Effect.as(Effect.promise(() => writeFile(join(folder, name), text)), join(folder, name))
    const pair = (name: string, { issuers, keyPem, pem }: Certificate) =>
      Effect.all({
        certificate: file(`${name}.crt`, [pem, ...issuers.slice(0, -1).map((issuer) => issuer.pem)].join("")),
        key: file(`${name}.key`, keyPem)
      })

    const origins = yield* makeOrigins({ "*.many.example": { tls: { _tag: "Wildcard" } } })
    const publish = (name: string, document: unknown) =>
      origins.setRoute(domainToASCII(name), documentPath, Behave.json(document))
    publish(LEFT, fingerprintsDocument([certificates.left], { expires: 3_600 }))

    const ca = yield* file("ca.pem", certificates.ca.pem)
    const roots = yield* file("roots.pem", origins.caPem)
    const hosts = yield* Effect.forEach(
      domains,
      Effect.fnUntraced(function*({ name, presents = "hosting", publishes = "same" }) {
        const certificate = presents === "own" ? yield* certificates.own(domainToASCII(name)) : certificates[presents]
        const listed = publishes === "stranger" ? certificates.stranger : certificate
        if (publishes !== "nothing") {
          publish(name, fingerprintsDocument([listed], { expires: publishes === "expired" ? 0 : 3_600 }))
        }
        return presents === "hosting"
          ? { name }
          : { name, ssl: { ...(yield* pair(domainToASCII(name), certificate)), cafile: ca } }
      })
    )

    const key = makeKey("prosody", "verify")
    const settings = Result.getOrThrow(readSettings({
      POSH_ALLOW_SPECIAL_USE_DOMAINS: "true",
      POSH_CONNECT_TO: origins.connectTo,
      POSH_EXTRA_CA_FILE: roots
    }))
    const context = yield* Layer.build(
      Service.layer(layerVerifier(settings, yield* toEgressOptions(settings)), {
        callers: Callers.layer({ apiKeys: [key.entry], apiKeysFile: undefined }, {
          keys: [key.entry],
          byCertificate: false
        })
      })
    )
    const { baseUrl } = Context.get(context, Service)
    const front = yield* Front.make(baseUrl, certificates.verifier)
    for (const { conduct, name } of domains) if (conduct !== undefined) front.conducts.set(domainToASCII(name), conduct)

    const ports = { left: yield* freePort, right: yield* freePort, direct: yield* freePort }
    const dns = yield* makeDns({
      "verifier.example": { a: ["127.0.0.1"] },
      "machine-1.example": { a: ["127.0.0.1"] },
      "hosting.example": { a: ["127.0.0.1"] },
      [`_xmpp-server._tcp.${LEFT}`]: srv("machine-1.example", ports.left),
      ...Object.fromEntries(
        domains.map(({ directTls, name }) => [
          `${directTls ? "_xmpps-server" : "_xmpp-server"}._tcp.${domainToASCII(name)}`,
          srv("hosting.example", directTls ? ports.direct : ports.right)
        ])
      )
    }, { ttl: 60 })
    const keyFile = yield* file("key", `${Redacted.value(key.secret)}\n`)
    const common = { dns: `${dns.address}@${dns.port}` }
    const starting = Effect.all({
      left: makeProsody({
        ...common,
        port: ports.left,
        hosts: [{ name: LEFT }],
        settings: {
          ssl: { ...(yield* pair("left", certificates.left)), cafile: ca },
          posh_verifier_url: `https://verifier.example:${front.port}`,
          posh_verifier_key_file: keyFile,
          posh_verifier_ca_file: ca,
          ...leftSettings
        }
      }),
      right: makeProsody({
        ...common,
        port: ports.right,
        hosts,
        settings: {
          ssl: { ...(yield* pair("hosting", certificates.hosting)), cafile: ca },
          s2s_direct_tls_ports: [ports.direct],
          posh_verifier_url: baseUrl,
          posh_verifier_allow_plain_http: true,
          posh_verifier_key_file: keyFile
        }
      })
    }, { concurrency: 2 })
    const servers = yield* starting
    return { ...servers, certificates, dns, file, front, key: Redacted.value(key.secret), keyFile, origins, publish }
  }
)

const srv = (target: string, port: number) => ({ srv: [{ priority: 0, weight: 0, port, target }] })

export type World = Effect.Success<ReturnType<typeof makeWorld>>
