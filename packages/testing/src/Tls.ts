/** The TLS behaviour of an origin, and its certificates. */
import { Effect } from "effect"
import { createSecureContext } from "node:tls"
import type { SecureContext } from "node:tls"
import { daysFromNow, issue, rootCa, selfSigned } from "./Certificates.ts"
import type { Certificate, CertificateOptions } from "./Certificates.ts"
import { generateKeys } from "./keys.ts"
import type { KeyPair } from "./keys.ts"

/** Behaviours that differ only by certificate, on the main listener. */
export type CertificateFault =
  | "Good"
  | "Expired"
  | "NotYetValid"
  /** Names `other.example`. */
  | "WrongName"
  /** The host is only in the common name. */
  | "NoSan"
  | "SelfSigned"
  | "UntrustedRoot"
  | "MissingIntermediate"
  /** `*.` in place of the first label. */
  | "Wildcard"
  /** `w*` in place of the first label `www`; the check of Node.js accepts it, POSH-RES-31 does not. */
  | "PartialWildcard"

/** Behaviours that need a listener of their own. */
export type HandshakeFault =
  /** Speaks TLS 1.1 at most. */
  | "TooOld"
  /** Answers the handshake with an alert. */
  | "NoSharedCipher"
  | "HangInHandshake"
  | "ResetInHandshake"
  /** Resets where the client's first flight is larger than one TCP segment, and is good otherwise. */
  | "ResetLargeHello"
  /** Speaks HTTP without TLS, with the routes of the host. */
  | "PlainHttp"
  | "RefusedPort"

export interface TlsBehaviour {
  readonly _tag: CertificateFault | HandshakeFault
}

const HANDSHAKE_FAULTS: ReadonlyArray<string> = [
  "TooOld",
  "NoSharedCipher",
  "HangInHandshake",
  "ResetInHandshake",
  "ResetLargeHello",
  "PlainHttp",
  "RefusedPort"
] satisfies ReadonlyArray<HandshakeFault>

export const isHandshakeFault = (tag: CertificateFault | HandshakeFault): tag is HandshakeFault =>
  HANDSHAKE_FAULTS.includes(tag)

/** The CA of one set of origins. */
export interface Authority {
  readonly root: Certificate
  readonly intermediate: Certificate
  /** A root that no client trusts. */
  readonly untrustedRoot: Certificate
  /** All leaves share one key pair, so issuing is fast. */
  readonly keys: KeyPair
}

export const makeAuthority: Effect.Effect<Authority> = Effect.gen(function*() {
  const root = yield* rootCa({ subject: "CN=POSH Test WebPKI Root" })
  const intermediate = yield* issue(root, {
    subject: "CN=POSH Test WebPKI Intermediate",
    ca: true,
    notBefore: daysFromNow(-3650),
    notAfter: daysFromNow(3650)
  })
  const untrustedRoot = yield* rootCa({ subject: "CN=Nobody Trusts This Root" })
  return { root, intermediate, untrustedRoot, keys: yield* Effect.promise(() => generateKeys("ec")) }
})

const wildcard = (host: string, label: string) => `${label}.${host.split(".").slice(1).join(".")}`

/** The certificate that `host` presents. */
export const certificateFor = (
  { intermediate, keys, untrustedRoot }: Authority,
  host: string,
  tag: TlsBehaviour["_tag"]
): Effect.Effect<Certificate> => {
  const leaf = (options: CertificateOptions, issuer = intermediate) => issue(issuer, { keys, ...options })
  const good = { dnsNames: [host] }
  switch (tag) {
    case "Expired":
      return leaf({ ...good, notBefore: daysFromNow(-90), notAfter: daysFromNow(-1) })
    case "NotYetValid":
      return leaf({ ...good, notBefore: daysFromNow(1), notAfter: daysFromNow(90) })
    case "WrongName":
      return leaf({ dnsNames: ["other.example"] })
    case "NoSan":
      return leaf({ subject: `CN=${host}` })
    case "SelfSigned":
      return selfSigned({ ...good, keys })
    case "UntrustedRoot":
      return leaf(good, untrustedRoot)
    case "Wildcard":
      return leaf({ dnsNames: [wildcard(host, "*")] })
    case "PartialWildcard":
      return leaf({ dnsNames: [wildcard(host, `${host.charAt(0)}*`)] })
    default:
      return leaf(good)
  }
}

/** PEM of the chain below the root, as servers send it, and of the key, for `node:tls`. */
export const pemOf = (certificate: Certificate, tag: TlsBehaviour["_tag"] = "Good") => ({
  cert: [certificate, ...(tag === "MissingIntermediate" ? [] : certificate.issuers.slice(0, -1))]
    .map(({ pem }) => pem).join(""),
  key: certificate.keyPem
})

export const contextOf = (certificate: Certificate, tag: TlsBehaviour["_tag"]): SecureContext =>
  createSecureContext(pemOf(certificate, tag))
