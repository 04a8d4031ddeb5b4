/** The world of `abuse`: one domain that publishes the fingerprint of one certificate. */
import { Behave, type Certificate, fingerprintsDocument, issue, makeOrigins, type Origins, rootCa } from "@posh/testing"
import { Effect, type Scope } from "effect"
import { rfcPath } from "../question.ts"
import { environmentIn, makeFolder } from "../service.ts"

export interface HostedWorld {
  readonly origins: Origins
  readonly certificate: Certificate
  readonly question: { readonly domain: string; readonly service: string; readonly certificate: string }
  /** For files; removed with the world. */
  readonly folder: string
  /** Environment of a service that resolves in this world. */
  readonly env: Record<string, string>
}

export const domain = "hosted.example"

/** Sites of attackers and of a victim: each has a wildcard certificate, so any number of names. */
const wildcards = ["attacker-0.example", "attacker-1.example", "attacker-2.example", "attacker-3.example"]
const sites = Object.fromEntries(
  [...wildcards, "victim.example"].map((site) => [`*.${site}`, { tls: { _tag: "Wildcard" } }] as const)
)

export const makeWorld: Effect.Effect<HostedWorld, never, Scope.Scope> = Effect.gen(function*() {
  const certificate = yield* Effect.flatMap(
    rootCa(),
    (root) => issue(root, { dnsNames: ["xmpp.example"], key: "rsa2048" })
  )
  const origins = yield* makeOrigins({
    ...sites,
    [domain]: { routes: { [rfcPath]: Behave.json(fingerprintsDocument([certificate], { expires: 86_400 })) } }
  })
  const folder = yield* makeFolder
  return {
    origins,
    certificate,
    folder,
    question: { domain, service: "xmpp-server", certificate: certificate.pem },
    env: { ...environmentIn(folder, origins), POSH_LOG_LEVEL: "info" }
  }
})
