/** What the service under measurement is asked about: one domain that publishes one fingerprint for one certificate. */
import { Behave, type Certificate, fingerprintsDocument, issue, makeOrigins, type Origins, rootCa } from "@posh/testing"
import { Effect, type Scope } from "effect"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

export interface BenchWorld {
  readonly origins: Origins
  readonly certificate: Certificate
  readonly question: { readonly domain: string; readonly service: string; readonly certificate: string }
  /** For files; it goes with the world. */
  readonly folder: string
  /** Environment of a service that believes in this world. */
  readonly env: Record<string, string>
}

export const domain = "hosted.example"
export const path = "/.well-known/posh/xmpp-server.json"

/** Sites of attackers and of a victim, with any number of names: one certificate for each. */
const wildcards = ["attacker-0.example", "attacker-1.example", "attacker-2.example", "attacker-3.example"]
const sites = Object.fromEntries(
  [...wildcards, "victim.example"].map((site) => [`*.${site}`, { tls: { _tag: "Wildcard" } }] as const)
)

export const makeWorld: Effect.Effect<BenchWorld, never, Scope.Scope> = Effect.gen(function*() {
  const certificate = yield* Effect.flatMap(
    rootCa(),
    (root) => issue(root, { dnsNames: ["xmpp.example"], key: "rsa2048" })
  )
  const origins = yield* makeOrigins({
    ...sites,
    [domain]: { routes: { [path]: Behave.json(fingerprintsDocument([certificate], { expires: 86_400 })) } }
  })
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "posh-bench-"))),
    (name) => Effect.sync(() => rmSync(name, { recursive: true, force: true }))
  )
  const caFile = join(folder, "ca.pem")
  writeFileSync(caFile, origins.caPem)
  return {
    origins,
    certificate,
    folder,
    question: { domain, service: "xmpp-server", certificate: certificate.pem },
    env: {
      POSH_PORT: "0",
      POSH_EXTRA_CA_FILE: caFile,
      POSH_CONNECT_TO: origins.connectTo,
      POSH_ALLOW_SPECIAL_USE_DOMAINS: "true",
      POSH_LOG_LEVEL: "info"
    }
  }
})
