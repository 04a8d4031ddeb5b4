/**
 * A small CA that issues any certificate, valid or not. Dates follow the real clock, not Effect's `Clock`: real TLS
 * peers check them, and a `TestClock` begins in 1970.
 */
import "reflect-metadata"
import * as x509 from "@peculiar/x509"
import { Effect } from "effect"
import { randomBytes } from "node:crypto"
import type { CertificateOptions, KeyUsageName } from "./CertificateOptions.ts"
import { extensionsOf } from "./extensions.ts"
import { generateKeys, keyPemOf, signerOf } from "./keys.ts"
import type { KeyKind, KeyPair, SignatureHash } from "./keys.ts"

export type { CertificateOptions, KeyKind, KeyPair, KeyUsageName, SignatureHash }

/** A certificate with its keys and chain. */
export interface Certificate {
  readonly der: Uint8Array
  readonly pem: string
  readonly keyPem: string
  readonly keys: KeyPair
  readonly cert: x509.X509Certificate
  /** The chain above, nearest first; empty if self-signed. */
  readonly issuers: ReadonlyArray<Certificate>
}

/** A certificate signed by its own key. */
export const selfSigned = (options: CertificateOptions = {}): Effect.Effect<Certificate> =>
  Effect.promise(() => build(options, undefined))

/** A certificate signed by `issuer`; with `ca: true` an intermediate. */
export const issue = (issuer: Certificate, options: CertificateOptions = {}): Effect.Effect<Certificate> =>
  Effect.promise(() => build(options, issuer))

/** A self-signed CA, valid ten years before and after now, so chains are valid at any time that a test injects. */
export const rootCa = (options: CertificateOptions = {}): Effect.Effect<Certificate> =>
  selfSigned({
    subject: "CN=Test Root",
    ca: true,
    notBefore: daysFromNow(-3650),
    notAfter: daysFromNow(3650),
    ...options
  })

/** An instant by the real clock. */
export const daysFromNow = (days: number): Date => new Date(Date.now() + days * 86_400_000)

const build = async (options: CertificateOptions, issuer: Certificate | undefined): Promise<Certificate> => {
  const keys = options.keys ?? await generateKeys(options.key ?? "ec")
  const subject = options.subject ?? defaultSubject(options)
  const { signingAlgorithm, signingKey } = await signerOf(issuer?.keys ?? keys, options.hash ?? "SHA-256")
  const cert = await x509.X509CertificateGenerator.create({
    serialNumber: serialOf(options.serial),
    subject,
    issuer: issuer === undefined ? subject : issuer.cert.subjectName,
    notBefore: options.notBefore ?? daysFromNow(-1),
    notAfter: options.notAfter ?? daysFromNow(90),
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm,
    extensions: [
      ...extensionsOf(options),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create((issuer?.keys ?? keys).publicKey)
    ]
  })
  return {
    der: new Uint8Array(cert.rawData),
    pem: `${cert.toString("pem")}\n`,
    keyPem: keyPemOf(keys),
    keys,
    cert,
    issuers: issuer === undefined ? [] : [issuer, ...issuer.issuers]
  }
}

// X.520 limits common names to 64 characters; longer hosts are only in the alternative names.
const defaultSubject = ({ dnsNames, srvNames, xmppAddrs }: CertificateOptions): string =>
  `CN=${(dnsNames?.[0] ?? srvNames?.[0] ?? xmppAddrs?.[0] ?? "Test").slice(0, 64)}`

const serialOf = (serial: number | string | undefined): string => {
  // The leading 4 keeps the integer positive and free of leading zeros.
  if (serial === undefined) return `4${randomBytes(16).toString("hex").slice(1)}`
  const hex = typeof serial === "number" ? serial.toString(16) : serial
  return hex.length % 2 === 0 ? hex : `0${hex}`
}
