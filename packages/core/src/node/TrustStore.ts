/**
 * The trusted roots and the TLS parameters for fetching documents (POSH-SEC-22, POSH-RES-33).
 */
import { Result } from "effect"
import { constants, X509Certificate } from "node:crypto"
import { createSecureContext, rootCertificates, type SecureContext, type SecureContextOptions } from "node:tls"
import { scanPem } from "../x509/pem.ts"
import { EgressConfigError } from "./EgressConfigError.ts"

/** One store with two first flights of the handshake. */
export interface TrustStore {
  /** With all key shares of the TLS library, a post-quantum one among them: some 1,600 octets. */
  readonly usual: SecureContext
  /** With elliptic curves alone: some 400 octets, one TCP segment. Versions, cipher suites and roots are the same. */
  readonly smallHello: SecureContext
}

/**
 * Mozilla's roots as built into Node.js, and those of `extraCa` (PEM).
 *
 * **Details**
 *
 * The roots are passed explicitly, so neither `NODE_EXTRA_CA_CERTS` nor the system's store changes them. Building takes
 * milliseconds and is done once.
 */
export const makeTrustStore = (extraCa?: string): Result.Result<TrustStore, EgressConfigError> =>
  Result.flatMap(extraCa === undefined ? Result.succeed([]) : parseRoots(extraCa), (extraRoots) =>
    Result.try({
      try: () => {
        const options: SecureContextOptions = {
          ca: [...rootCertificates, ...extraRoots].join("\n"), // twice as fast as an array
          minVersion: "TLSv1.2",
          ciphers: cipherSuites.join(":"),
          secureOptions: constants.SSL_OP_NO_COMPRESSION | constants.SSL_OP_NO_RENEGOTIATION |
            constants.SSL_OP_NO_TICKET
        }
        return {
          usual: createSecureContext(options),
          smallHello: createSecureContext({ ...options, ecdhCurve: curves.join(":") })
        }
      },
      catch: () => fault("OpenSSL refuses the certificates")
    }))

/** RFC 8446 §4.2.7 and RFC 8422: the first has the one key share of a small hello. */
const curves = ["X25519", "P-256", "X448", "P-384", "P-521"]

/** RFC 9325 §4.2 and TLS 1.3: only authenticated encryption with ephemeral elliptic-curve keys (ECDHE). */
export const cipherSuites: ReadonlyArray<string> = [
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305"
]

/** OpenSSL skips what it cannot read; a root that silently is not there must not pass. */
export const parseRoots = (pem: string): Result.Result<ReadonlyArray<string>, EgressConfigError> => {
  const blocks = [...scanPem(pem)]
  if (blocks.some(({ body }) => body === undefined)) return Result.fail(fault("a PEM block is cut off"))
  if (blocks.length === 0) return Result.fail(fault("holds no PEM certificate"))
  return Result.all(blocks.map(({ label, text }, index) => parseRoot(text, label, index + 1)))
}

const parseRoot = (text: string, label: string | undefined, number: number): Result.Result<string, EgressConfigError> =>
  label !== "CERTIFICATE"
    ? Result.fail(fault(`block ${number} is ${label}, not CERTIFICATE`))
    : Result.flatMap(
      Result.try({ try: () => new X509Certificate(text), catch: () => fault(`block ${number} is no certificate`) }),
      (certificate) =>
        certificate.ca || certificate.subject === certificate.issuer
          ? Result.succeed(text)
          : Result.fail(fault(`block ${number} is no CA certificate`))
    )

const fault = (detail: string) => new EgressConfigError({ option: "extraCa", detail })
