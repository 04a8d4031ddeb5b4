/** Certificates that a web server can show in the handshake. */
import { type Certificate, type CertificateOptions, issue, selfSigned } from "@posh/testing"
import { Effect } from "effect"
import { webcrypto } from "node:crypto"
import { type Code, type HostileOrigin, tls } from "./kinds.ts"

export const hostileCertificates = (): ReadonlyArray<HostileOrigin> => [
  leaf("a certificate of 1,000 names", "NotPublished", () => ({ extraSanCount: 1_000 })),
  leaf("a certificate of 3,000 names", "NotPublished", () => ({ extraSanCount: 3_000 })),
  leaf("a certificate of 10,000 names", "TlsHandshakeFailed", () => ({ extraSanCount: 10_000 })),
  leaf("a name that ends at a NUL", "TlsHostnameMismatch", (domain) => ({ dnsNames: [`${domain}\u0000.evil.net`] })),
  leaf("wildcards for everything", "TlsHostnameMismatch", () => ({ dnsNames: ["*", "*.net", "*.*.net", "*.*"] })),
  leaf("an extension that nobody knows", "TlsCertificateUntrusted", () => ({ criticalUnknown: true })),
  leaf("a certificate for clients", "TlsCertificateUntrusted", () => ({ extendedKeyUsage: ["1.3.6.1.5.5.7.3.2"] })),
  leaf("a key of 1,024 bits", ["TlsCertificateUntrusted", "TlsHandshakeFailed"], () => ({ key: "rsa1024" })),
  underCa("an issuer that is no CA", "TlsCertificateUntrusted", { ca: false }),
  underCa("an issuer for other names", "TlsCertificateUntrusted", { nameConstraints: { permitted: ["other.net"] } }),
  underCa("an issuer with 1,000 constraints for 1,000 names", "TlsCertificateUntrusted", {
    nameConstraints: { excluded: Array.from({ length: 1_000 }, (_, index) => `n${index}.net`) }
  }, { extraSanCount: 1_100 }),
  // All its signatures are checked before anybody looks whether it leads anywhere: this is OpenSSL's work, and 100 KiB
  // of certificates its bound.
  { ...certified("a chain of 95 certificates", "TlsCertificateUntrusted", longChain), costMs: 1_000 }
]

/** Shows a certificate of its own making, and has nothing for whoever accepts it. */
const certified = (
  name: string,
  code: Code | ReadonlyArray<Code>,
  certify: NonNullable<HostileOrigin["certify"]>
): HostileOrigin => ({
  ...tls(name, code, (socket) => socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), {
    ciphers: "DEFAULT@SECLEVEL=0" // else Node would not show a weak one
  }),
  certify
})
const leaf = (name: string, code: Code | ReadonlyArray<Code>, options: (domain: string) => CertificateOptions) =>
  certified(name, code, (root, domain) => issue(root, { dnsNames: [domain], ...options(domain) }))
const underCa = (
  name: string,
  code: Code | ReadonlyArray<Code>,
  ca: CertificateOptions,
  options: CertificateOptions = {}
) =>
  certified(
    name,
    code,
    (root, domain) =>
      Effect.flatMap(
        issue(root, { subject: "CN=Between", ca: true, ...ca }),
        (issuer) => issue(issuer, { dnsNames: [domain], ...options })
      )
  )

/** A chain to nowhere, as long as OpenSSL reads one. */
const longChain = (_root: Certificate, domain: string) =>
  Effect.gen(function*() {
    const keys = yield* Effect.promise(() =>
      webcrypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-521" }, true, ["sign", "verify"])
    )
    let issuer = yield* selfSigned({ subject: "CN=CA 0", ca: true, keys })
    for (let index = 1; index < 95; index += 1) {
      issuer = yield* issue(issuer, { subject: `CN=CA ${index}`, ca: true, keys })
    }
    const last = yield* selfSigned({ subject: "CN=Left out" })
    // The last one is kept back where chains are sent.
    return yield* Effect.map(
      issue(issuer, { dnsNames: [domain] }),
      (leaf) => ({ ...leaf, issuers: [...leaf.issuers, last] })
    )
  })
