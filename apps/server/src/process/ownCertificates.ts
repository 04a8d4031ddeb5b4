/**
 * The certificates of this service: when they end. Nobody looks at them until callers fail.
 */
import { printable } from "@posh/core/serving"
import { Clock, Effect, Result } from "effect"
import type { X509Certificate } from "node:crypto"
import { parseCertificates } from "./certificates.ts"

/** The variables that name files of certificates of our own. */
export const certificateFiles = [
  "POSH_TLS_CERT_FILE",
  "POSH_TLS_CLIENT_CA_FILE",
  "POSH_EXTRA_CA_FILE",
  "POSH_REDIS_CA_FILE",
  "POSH_REDIS_CERT_FILE"
] as const

export type CertificateFile = typeof certificateFiles[number]

/** Of the certificates of one file the one that ends first. */
export interface OwnCertificate {
  readonly file: CertificateFile
  /** Bounded and escaped. */
  readonly subject: string
  readonly issuer: string
  /** Milliseconds since the epoch. */
  readonly notBefore: number
  readonly notAfter: number
}

/** Of each file, if it is given and has a certificate. */
export const ownCertificates = (
  pems: Readonly<Partial<Record<CertificateFile, string | undefined>>>
): ReadonlyArray<OwnCertificate> =>
  certificateFiles.flatMap((file) => {
    const soonest = soonestOf(file, pems[file] ?? "")
    return soonest === undefined ? [] : [soonest]
  })

const soonestOf = (file: CertificateFile, pem: string): OwnCertificate | undefined =>
  Result.getOrElse(parseCertificates(pem), (): ReadonlyArray<X509Certificate> => [])
    .map((certificate) => ({
      file,
      subject: nameOf(certificate.subject),
      issuer: nameOf(certificate.issuer),
      notBefore: certificate.validFromDate.getTime(),
      notAfter: certificate.validToDate.getTime()
    }))
    .reduce<OwnCertificate | undefined>(
      (first, next) => first === undefined || next.notAfter < first.notAfter ? next : first,
      undefined
    )

/** Why callers or servers will refuse the certificate now; `undefined` if nothing is wrong. */
export const datesFault = ({ notAfter, notBefore, subject }: OwnCertificate, now: number): string | undefined => {
  if (now > notAfter) return `the certificate of ${subject} has expired at ${toIso(notAfter)}`
  return now < notBefore ? `the certificate of ${subject} is not valid before ${toIso(notBefore)}` : undefined
}

/** Logs a warning if the certificate is not valid now, or ends soon. */
export const warnOfEnd = (own: OwnCertificate): Effect.Effect<void> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const fault = datesFault(own, now) ?? endingSoon(own, now)
    return fault === undefined ? Effect.void : Effect.logWarning(`${own.file}: ${fault}`)
  })

/** `undefined` if it does not end soon, or has ended. */
export const endingSoon = ({ notAfter, subject }: OwnCertificate, now: number): string | undefined =>
  now <= notAfter && notAfter - now < soonMs
    ? `the certificate of ${subject} ends at ${toIso(notAfter)}: renew it`
    : undefined

/** For the log. */
export const describeOwn = ({ issuer, notAfter, notBefore, subject }: OwnCertificate) => ({
  subject,
  issuer,
  notBefore: toIso(notBefore),
  notAfter: toIso(notAfter)
})

/** As long as the alert gives; renewal of short-lived certificates happens well before. */
const soonMs = 14 * 86_400_000

const toIso = (at: number): string => new Date(at).toISOString()

const longestName = 256

const nameOf = (lines: string): string => printable(lines.split("\n").join(", ") || "an empty name", longestName)
