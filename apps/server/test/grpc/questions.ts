/**
 * Questions over a small world, as members of JSON, with the code that each ends in.
 */
import type { MessageInitShape } from "@bufbuild/protobuf"
import type { QuestionSchema } from "@posh/api/grpc"
import { Behave, fingerprintsDocument, jwkSetDocument, makeOrigins, selfSigned, sha256Base64 } from "@posh/testing"
import { Context, Effect, Layer } from "effect"

const rfcPath = "/.well-known/posh/xmpp-server.json"
const draftPath = "/.well-known/posh._xmpp-server._tcp.json"

export const makeWorld = Effect.gen(function*() {
  const server = yield* selfSigned({ dnsNames: ["im.example"] })
  const stranger = yield* selfSigned({ dnsNames: ["im.example"] })
  const origins = yield* makeOrigins({
    "rfc.example": { routes: { [rfcPath]: Behave.json(fingerprintsDocument([server], { expires: 3_600 })) } },
    "draft.example": { routes: { [draftPath]: Behave.json(jwkSetDocument([server])) } },
    "broken.example": { routes: { [rfcPath]: Behave.text("{") } },
    "empty.example": { routes: {} },
    ...Object.fromEntries(hanging.map((domain) => [domain, { routes: { [rfcPath]: Behave.hang } }]))
  })
  /** One that no question was about: what the service remembers of another is that it did not answer. */
  const untried = hanging.values()
  return { origins, server, stranger, hanging: () => untried.next().value ?? "no more hanging hosts" }
})

const hanging = Array.from({ length: 20 }, (_, index) => `hanging-${index}.example`)

export class World extends Context.Service<World, Effect.Success<typeof makeWorld>>()("posh/server/test/grpc/World") {
  static readonly layer = Layer.effect(World, makeWorld)
}

const service = "xmpp-server"

export type Members = Readonly<Record<string, unknown>>

/** A question of JSON as a message, member by member as the contract maps them. */
export const toMessage = (question: Members): MessageInitShape<typeof QuestionSchema> => {
  const { certificate, chain, fingerprint, ...same } = question as Record<string, never>
  const octets = (text: string) => Buffer.from(text, "base64")
  const presented = certificate !== undefined
    ? { case: "certificate" as const, value: certificate }
    : chain !== undefined
    ? { case: "chain" as const, value: { certificates: (chain as Array<string>).map(octets) } }
    : fingerprint !== undefined
    ? {
      case: "fingerprint" as const,
      value: {
        sha256: octets(fingerprint["sha-256"] ?? ""),
        ...fingerprint["sha-512"] === undefined ? {} : { sha512: octets(fingerprint["sha-512"]) }
      }
    }
    : undefined
  return { ...same, ...(presented === undefined ? {} : { presented }) }
}

const der = (pem: string) => pem.replaceAll(/-----[A-Z ]+-----|\s/g, "")

type Row = readonly [name: string, question: (world: Effect.Success<typeof makeWorld>) => Members, expected: string]

export const rows: ReadonlyArray<Row> = [
  ["verified, RFC 7711", ({ server }) => ({ domain: "rfc.example", service, certificate: server.pem }), "Verified"],
  ["verified, draft", ({ server }) => ({ domain: "draft.example", service, certificate: server.pem }), "Verified"],
  [
    "with evidence",
    ({ server }) => ({ domain: "rfc.example", service, certificate: server.pem, explain: true }),
    "Verified"
  ],
  [
    "draft with evidence",
    ({ server }) => ({ domain: "draft.example", service, certificate: server.pem, explain: true }),
    "Verified"
  ],
  ["a chain", ({ server }) => ({ domain: "rfc.example", service, chain: [der(server.pem)] }), "Verified"],
  [
    "a fingerprint",
    ({ server }) => ({ domain: "rfc.example", service, fingerprint: { "sha-256": sha256Base64(server.der) } }),
    "Verified"
  ],
  [
    "an alias",
    ({ server }) => ({ domain: "RFC.example", service: "_xmpp-server._tcp", certificate: server.pem }),
    "Verified"
  ],
  [
    "mismatch",
    ({ stranger }) => ({ domain: "rfc.example", service, certificate: stranger.pem, explain: true }),
    "CertificateMismatch"
  ],
  [
    "nothing published",
    ({ server }) => ({ domain: "empty.example", service, certificate: server.pem, explain: true }),
    "NotPublished"
  ],
  [
    "broken",
    ({ server }) => ({ domain: "broken.example", service, certificate: server.pem, explain: true }),
    "InvalidJson"
  ],
  [
    "two proof types",
    ({ server }) => ({
      domain: "rfc.example",
      service,
      certificate: server.pem,
      prooftypes: ["posh", "pkix"],
      explain: true
    }),
    "Verified"
  ],
  [
    "options",
    ({ server }) => ({
      domain: "draft.example",
      service,
      certificate: server.pem,
      generations: "draft-only",
      nameCheck: "advisory",
      chainCheck: "report",
      derivedDomain: "im.example",
      derivedDomainSecure: true,
      maxAge: 3_600,
      deadlineMs: 5_000,
      explain: true
    }),
    "Verified"
  ],
  [
    "a name that does not count",
    ({ server }) => ({ domain: "rfc.example", service, certificate: server.pem, nameCheck: "source" }),
    "NameCheckFailed"
  ],
  ["no domain", ({ server }) => ({ domain: "", service, certificate: server.pem }), "InvalidSourceDomain"],
  ["an address", ({ server }) => ({ domain: "192.0.2.1", service, certificate: server.pem }), "InvalidSourceDomain"],
  [
    "an unknown service",
    ({ server }) => ({ domain: "rfc.example", service: "gopher", certificate: server.pem }),
    "UnsupportedService"
  ],
  ["no certificate", () => ({ domain: "rfc.example", service }), "InvalidRequest"],
  [
    "a malformed certificate",
    () => ({ domain: "rfc.example", service, certificate: "MAA=" }),
    "MalformedPresentedCertificate"
  ],
  ["a malformed chain", () => ({ domain: "rfc.example", service, chain: ["MAA="] }), "MalformedPresentedCertificate"],
  ["a short hash", () => ({ domain: "rfc.example", service, fingerprint: { "sha-256": "AAAA" } }), "InvalidRequest"],
  [
    "a name check by fingerprint",
    () => ({ domain: "rfc.example", service, fingerprint: { "sha-256": "A".repeat(43) + "=" }, nameCheck: "source" }),
    "InvalidRequest"
  ],
  [
    "an option that is none",
    ({ server }) => ({ domain: "rfc.example", service, certificate: server.pem, nameCheck: "sorce" }),
    "InvalidRequest"
  ],
  [
    "a short deadline",
    ({ server }) => ({ domain: "rfc.example", service, certificate: server.pem, deadlineMs: 49 }),
    "InvalidRequest"
  ],
  [
    "a proof type that is not available",
    ({ server }) => ({ domain: "rfc.example", service, certificate: server.pem, prooftypes: ["dane"] }),
    "InvalidRequest"
  ],
  [
    "an origin that hangs",
    ({ hanging, server }) => ({
      domain: hanging(),
      service,
      certificate: server.pem,
      generations: "rfc-only",
      deadlineMs: 200
    }),
    "DeadlineExceeded"
  ],
  [
    "a refresh without the scope",
    ({ server }) => ({ domain: "rfc.example", service, certificate: server.pem, refresh: true }),
    "Forbidden"
  ]
]
