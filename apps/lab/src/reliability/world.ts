/**
 * The domains that the fleet is asked about: steady ones, any number of cold ones, and some that change their certificate
 * during the run.
 */
import {
  Behave,
  type Behaviour,
  type Certificate,
  daysFromNow,
  fingerprintsDocument,
  issue,
  jwkSetDocument,
  makeOrigins,
  type Origins,
  referenceDocument,
  rootCa,
  selfSigned
} from "@posh/testing"
import { Effect, type Scope } from "effect"
import { randomBytes } from "node:crypto"
import { draftPath, rfcPath } from "../question.ts"
import { constantQuestion, knownAnswers, type Question } from "./answers.ts"

export interface World {
  readonly origins: Origins
  /** Questions whose right answer never changes. */
  readonly steady: ReadonlyArray<Question>
  /** Questions about a domain that was never asked about before. */
  readonly cold: () => ReadonlyArray<Question>
  /** The certificates that a domain publishes, in order; the last is never published. */
  readonly certificates: ReadonlyArray<Certificate>
  readonly publish: (domain: string, certificate: Certificate) => void
}

const expires = 86_400
/** Latency of an origin in milliseconds: long enough for a purge during a flight. */
const delayMs = 20
/** Maximum of changes of one domain in the longest run. */
const changes = 40

export const makeWorld: Effect.Effect<World, never, Scope.Scope> = Effect.gen(function*() {
  // Already valid for replicas with a slow clock.
  const first = yield* selfSigned({ dnsNames: ["xmpp.example"], notBefore: daysFromNow(-60) })
  // With the same key: certificates are compared, not keys.
  const another = selfSigned({ dnsNames: ["xmpp.example"], keys: first.keys })
  const certificates = [first, ...(yield* Effect.replicateEffect(another, changes))]
  const stranger = yield* another
  const fingerprints = fingerprintsDocument([first], { expires })
  const jwkSet = jwkSetDocument([first])

  const origins = yield* makeOrigins({
    "modern.example": { routes: { [rfcPath]: Behave.json(fingerprints, { delayMs }) } },
    "old.example": { routes: { [draftPath]: Behave.json(jwkSet, { delayMs }) } },
    "broken.example": { routes: { [rfcPath]: Behave.json({ fingerprints: "none", expires }) } },
    "withdrawn.example": { routes: { [rfcPath]: Behave.json({ ...fingerprints, expires: 0 }) } },
    "refused.example": { tls: { _tag: "RefusedPort" } },
    "referring.example": {
      routes: { [rfcPath]: Behave.json(referenceDocument("https://hoster.example/posh.json", expires)) }
    },
    "redirecting.example": { routes: { [rfcPath]: Behave.redirect("https://hoster.example/posh.json") } },
    "hoster.example": { routes: { "/posh.json": Behave.json(fingerprints) } }
  })
  const [noise, chain] = yield* makeHoards
  origins.setFallback((host, path) =>
    host.startsWith("hoard-") && path === draftPath
      ? (/[02468]\./.test(host) ? noise : chain)
      : coldDocument(host, path, fingerprints, jwkSet)
  )

  const vouched = ["modern", "old", "referring", "redirecting"].map((name) => `${name}.example`)
  const steady = [
    ...vouched.map((domain) => constantQuestion(domain, first, knownAnswers.verified)),
    ...vouched.map((domain) => constantQuestion(domain, stranger, knownAnswers.mismatch)),
    constantQuestion("nothing.example", first, knownAnswers.nothing),
    constantQuestion("broken.example", first, knownAnswers.invalid),
    constantQuestion("withdrawn.example", first, knownAnswers.withdrawn),
    constantQuestion("refused.example", first, knownAnswers.refused)
  ]

  const count = { cold: 0 }
  const cold = () => {
    count.cold += 1
    const kind = coldKinds[count.cold % coldKinds.length] ?? "nothing"
    const domain = `${kind}-${count.cold}.cold.example`
    return kind === "nothing"
      ? [constantQuestion(domain, first, knownAnswers.nothing)]
      : [
        constantQuestion(domain, first, knownAnswers.verified),
        constantQuestion(domain, stranger, knownAnswers.mismatch)
      ]
  }

  /** Domains with the prefix `old` publish in the draft generation. */
  const publish = (domain: string, certificate: Certificate) =>
    domain.startsWith("old")
      ? origins.setRoute(domain, draftPath, Behave.json(jwkSetDocument([certificate]), { delayMs }))
      : origins.setRoute(
        domain,
        rfcPath,
        Behave.json(fingerprintsDocument([certificate], { expires }), { delayMs })
      )

  return { origins, steady, cold, certificates, publish }
})

const above = 7
const longLived = { dnsNames: ["hoard.example"], notAfter: new Date("9999-12-31T23:59:59Z") }

/** JWK Sets of one certificate, as large and long-lived as possible: with random octets above it, and with its CAs. */
const makeHoards: Effect.Effect<readonly [noise: Behaviour, chain: Behaviour]> = Effect.gen(function*() {
  const leaf = yield* selfSigned(longLived)
  const [entry] = jwkSetDocument([leaf]).keys
  const noise = Array.from({ length: above }, () => randomBytes(24 * 1_024).toString("base64"))
  let issuer = yield* rootCa()
  for (let index = 0; index < above - 1; index += 1) {
    issuer = yield* issue(issuer, { ca: true, subject: `CN=CA ${index}`, extraSanCount: 1_100 })
  }
  const issued = jwkSetDocument([yield* issue(issuer, longLived)], { withChain: true })
  return [Behave.json({ keys: [{ ...entry, x5c: [...entry?.x5c ?? [], ...noise] }] }), Behave.json(issued)]
})

const coldKinds = ["modern", "old", "nothing"] as const

const coldDocument = (host: string, path: string, fingerprints: unknown, jwkSet: unknown): Behaviour | undefined => {
  if (host.startsWith("modern-") && path === rfcPath) return Behave.json(fingerprints)
  if (host.startsWith("old-") && path === draftPath) return Behave.json(jwkSet)
  return undefined
}
