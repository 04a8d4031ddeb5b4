/**
 * Certificates of a service and of its callers, valid and invalid; keys; files that change.
 */
import { type CertificateOptions, daysFromNow, issue, rootCa, selfSigned } from "@posh/testing"
import { Effect, Redacted } from "effect"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Callers } from "../../src/access/Callers.ts"
import { makeKey } from "../../src/access/Key.ts"
import type { Tls } from "../../src/access/Tls.ts"

const serverAuth = "1.3.6.1.5.5.7.3.1"

/** Issued once for each test file. */
export const certificates = await Effect.runPromise(Effect.gen(function*() {
  const webCa = yield* rootCa({ subject: "CN=Web CA" })
  const fleetCa = yield* rootCa({ subject: "CN=Fleet CA" })
  const strangeCa = yield* rootCa({ subject: "CN=Strange CA" })
  const server = { dnsNames: ["posh.example"], ipAddresses: ["127.0.0.1"] }
  const client = (options: CertificateOptions) => issue(fleetCa, { dnsNames: ["xmpp1.fleet.example"], ...options })
  return {
    webCa,
    fleetCa,
    strangeCa,
    server: yield* issue(webCa, server),
    renewed: yield* issue(webCa, server),
    weak: yield* issue(webCa, { ...server, key: "rsa1024" }),
    good: yield* client({}),
    nameless: yield* client({ subject: "CN=old \u202eclient", dnsNames: [] }),
    longNamed: yield* client({ subject: "CN=x", dnsNames: [`${"a".repeat(60)}.${"b".repeat(60)}.example`] }),
    expired: yield* client({ notBefore: daysFromNow(-9), notAfter: daysFromNow(-1) }),
    early: yield* client({ notBefore: daysFromNow(1) }),
    serverOnly: yield* client({ extendedKeyUsage: [serverAuth] }),
    foreign: yield* issue(strangeCa, { dnsNames: ["xmpp1.fleet.example"] }),
    selfSigned: yield* selfSigned({ dnsNames: ["xmpp1.fleet.example"] })
  }
}))

/** For clients: the trusted CA. */
export const trust = { ca: certificates.webCa.pem }

export const toTls = (server: "server" | "renewed", clientCa?: "fleetCa" | "strangeCa"): Tls => ({
  cert: certificates[server].pem,
  key: Redacted.make(certificates[server].keyPem),
  ...(clientCa === undefined ? {} : { clientCa: certificates[clientCa].pem })
})

const made = { verify: makeKey("fleet", "verify"), admin: makeKey("ops", "admin") }
const keys = [made.verify.entry, made.admin.entry]

/** One key of each scope. */
export const fleetKeys = {
  keys,
  bearer: (scope: keyof typeof made) => ({ authorization: `Bearer ${Redacted.value(made[scope].secret)}` }),
  callers: Callers.layer({ apiKeys: keys, apiKeysFile: undefined }, { keys, byCertificate: false }),
  serverTls: toTls("server")
}

/** A folder until the scope closes. */
export const makeFolder = Effect.map(
  Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "posh-access-"))),
    (folder) => Effect.promise(() => rm(folder, { recursive: true }))
  ),
  (folder) => (name: string) => join(folder, name)
)
