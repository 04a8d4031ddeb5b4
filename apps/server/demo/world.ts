/**
 * The origins of the demo, on this machine: a hosting provider, its tenants and some others, each with another form of
 * publication, and with new certificates.
 */
import {
  Behave,
  type Certificate,
  daysFromNow,
  fingerprintsDocument,
  type HostOptions,
  issue,
  jwkSetDocument,
  makeOrigins,
  type Origins,
  referenceDocument,
  rootCa,
  selfSigned
} from "@posh/testing"
import { Effect, FileSystem, type Scope } from "effect"
import { join } from "node:path"
import { type SignedService, signedService } from "./dns.ts"

/** The domains by role. */
export const domains = {
  hosted: "orchard.example",
  draft: "library.example",
  own: "bank.example",
  silent: "quiet.example",
  troubled: "storm.example",
  signed: "lighthouse.example",
  listed: "market.example",
  guarded: "harbour.example",
  provider: "greenhouse.example"
} as const

export interface Certificates {
  /** The current certificate of the provider's chat server, for all its tenants. */
  readonly chat: Certificate
  /** Its next certificate, already published. */
  readonly renewed: Certificate
  /** The certificate of the bank's own chat server. */
  readonly bank: Certificate
  /** An attacker's certificate with the right names. */
  readonly stranger: Certificate
  /** A self-signed one, which TLSA records are about. */
  readonly lighthouse: Certificate
  /** One of the public authority of the demo. */
  readonly market: Certificate
  /** The same, for a domain that did not ask for it. */
  readonly misissued: Certificate
}

/** The response at a URL. */
export interface Page {
  readonly url: string
  /** The response as lines. */
  readonly answer: ReadonlyArray<string>
}

/** What one domain publishes: pages, and records in DNS. */
export interface Publication {
  readonly headline: string
  readonly pages: ReadonlyArray<Page>
  readonly records?: ReadonlyArray<string>
}

export interface World {
  readonly origins: Origins
  readonly certificates: Certificates
  /** The public certificate authority of the demo. */
  readonly authority: Certificate
  /** What DNS says, for {@link file://./dns.ts | a server}. */
  readonly services: ReadonlyArray<SignedService>
  readonly publications: ReadonlyArray<Publication>
}

/** Starts the origins, on loopback or at `at`; the scope stops them. */
export const makeWorld = (at?: Parameters<typeof makeOrigins>[1]): Effect.Effect<World, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { authority, certificates, services } = yield* makeCertificates
    const documents = makeDocuments(certificates)
    const origins = yield* makeOrigins(makeHosts(documents), at)
    return { origins, authority, certificates, services, publications: makePublications(documents, services) }
  })

/** Writes `ca.pem`, the root of the origins' certificates, `authority.pem`, and each certificate to `folder`. */
export const writeCertificates = Effect.fnUntraced(
  function*({ authority, certificates, origins }: World, folder: string) {
    const files = yield* FileSystem.FileSystem
    yield* files.writeFileString(join(folder, "ca.pem"), origins.caPem)
    yield* files.writeFileString(join(folder, "authority.pem"), authority.pem)
    yield* Effect.forEach(
      Object.entries(certificates),
      ([name, { pem }]) => files.writeFileString(join(folder, `${name}.pem`), pem)
    )
  }
)

const rfcPath = "/.well-known/posh/xmpp-server.json"
const draftPath = "/.well-known/posh._xmpp-server._tcp.json"
const tenantsPath = "/posh/tenants.json"
const keysPath = "/posh/keys.json"

const makeCertificates: Effect.Effect<Pick<World, "authority" | "certificates" | "services">> = Effect.gen(function*() {
  const ca = yield* rootCa({ subject: "CN=Greenhouse Private CA" })
  const authority = yield* rootCa({ subject: "CN=Demo Public CA" })
  const names = { dnsNames: [`chat.${domains.provider}`] }
  const lighthouse = yield* selfSigned({ dnsNames: [`xmpp.${domains.signed}`] })
  const harbour = yield* issue(authority, { dnsNames: [domains.guarded] })
  const certificates = {
    chat: yield* issue(ca, { ...names, notAfter: daysFromNow(30) }),
    renewed: yield* issue(ca, { ...names, notAfter: daysFromNow(120) }),
    bank: yield* selfSigned({ dnsNames: [`chat.${domains.own}`] }),
    stranger: yield* selfSigned({ dnsNames: [domains.hosted, `chat.${domains.provider}`] }),
    lighthouse,
    market: yield* issue(authority, { dnsNames: [domains.listed] }),
    misissued: yield* issue(authority, { dnsNames: [domains.guarded] })
  }
  const services = [
    { domain: domains.signed, certificate: lighthouse },
    { domain: domains.guarded, certificate: harbour }
  ].map(({ certificate, domain }) => signedService(domain, certificate))
  return { authority, certificates, services }
})

type Documents = ReturnType<typeof makeDocuments>

const makeDocuments = ({ bank, chat, renewed }: Certificates) => ({
  // A tenant can leave its provider within an hour; the provider can roll over its certificates within a day.
  reference: referenceDocument(`https://${domains.provider}${tenantsPath}`, 3_600),
  fingerprints: fingerprintsDocument([renewed, chat], { expires: 86_400 }),
  keys: jwkSetDocument([renewed, chat], { kid: "greenhouse" }),
  own: fingerprintsDocument([bank], { expires: 86_400 })
})

const makeHosts = (documents: Documents): Readonly<Record<string, HostOptions>> => ({
  [domains.hosted]: { routes: { [rfcPath]: Behave.json(documents.reference) } },
  [domains.draft]: { routes: { [draftPath]: Behave.redirect(`https://${domains.provider}${keysPath}`) } },
  [domains.own]: { routes: { [rfcPath]: Behave.json(documents.own) } },
  [domains.silent]: {},
  [domains.troubled]: { routes: { [rfcPath]: Behave.status(503) } },
  [domains.signed]: {},
  [domains.listed]: {},
  [domains.guarded]: {},
  [domains.provider]: {
    routes: {
      [tenantsPath]: Behave.json(documents.fingerprints),
      [keysPath]: Behave.json(documents.keys, { headers: { "content-type": "application/jwk-set+json" } })
    }
  }
})

const makePublications = (
  documents: Documents,
  services: ReadonlyArray<SignedService>
): ReadonlyArray<Publication> => [
  {
    headline: `${domains.hosted} is hosted by ${domains.provider} and refers to it (RFC 7711)`,
    pages: [
      page(domains.hosted, rfcPath, json(documents.reference)),
      page(domains.provider, tenantsPath, [...json(documents.fingerprints), entries])
    ]
  },
  {
    headline: `${domains.draft} is hosted there too and speaks the older draft: it redirects to a JWK Set`,
    pages: [
      page(domains.draft, draftPath, [`302, Location: https://${domains.provider}${keysPath}`]),
      page(domains.provider, keysPath, [...json(documents.keys), entries])
    ]
  },
  {
    headline: `${domains.own} runs its own chat server and lists its own certificate`,
    pages: [page(domains.own, rfcPath, json(documents.own))]
  },
  { headline: `${domains.silent} publishes nothing`, pages: [page(domains.silent, rfcPath, ["404"])] },
  {
    headline: `${domains.troubled} has trouble with its web server`,
    pages: [page(domains.troubled, rfcPath, ["503"])]
  },
  {
    headline: `${domains.signed} has no page, but TLSA records in DNS, about a certificate of its own making`,
    pages: [],
    records: linesOf(services, domains.signed)
  },
  {
    headline: `${domains.guarded} has TLSA records too; its certificate is from a public authority`,
    pages: [],
    records: linesOf(services, domains.guarded)
  },
  { headline: `${domains.listed} has neither; its certificate is from that authority as well`, pages: [] }
]

const linesOf = (services: ReadonlyArray<SignedService>, domain: string): ReadonlyArray<string> =>
  services.flatMap((service) => service.domain === domain ? service.lines : [])

const entries = "(entry 0 is the certificate in renewed.pem, entry 1 that in chat.pem)"

const page = (host: string, path: string, answer: ReadonlyArray<string>): Page => ({
  url: `https://${host}${path}`,
  answer
})

/** A document with long values cut, and one line per entry. */
const json = (document: unknown): ReadonlyArray<string> =>
  JSON.stringify(
    document,
    (_, value: unknown) =>
      typeof value === "string" && value.length > 40 && !value.startsWith("https:")
        ? `${value.slice(0, 12)}…`
        : value
  ).replaceAll("},{", "},\n  {").split("\n")
