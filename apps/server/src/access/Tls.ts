/**
 * TLS of the listener: its certificate and key, and the client CA.
 */
import { cipherSuites, scanPem } from "@posh/core/node"
import { Effect, Redacted, Result, type Scope } from "effect"
import { constants, createPrivateKey, X509Certificate } from "node:crypto"
import { createSecureContext, type TlsOptions } from "node:tls"
import { ConfigError } from "../config/Config.ts"
import { type Settings, variables } from "../config/variables.ts"
import { readText } from "../process/files.ts"
import { watchFiles } from "../process/watchFiles.ts"

/** The three files, as PEM. */
export interface Tls {
  readonly cert: string
  readonly key: Redacted.Redacted
  readonly clientCa?: string
}

export type TlsSettings = Pick<Settings, "tlsCertFile" | "tlsKeyFile" | "tlsClientCaFile">

/** Octets of one file: more than a thousand CA certificates. */
const largestFile = 4 * 1024 * 1024

/** Reads the files and tests them; `undefined` if TLS is not configured. */
export const readTls = (
  { tlsCertFile, tlsClientCaFile, tlsKeyFile }: TlsSettings
): Effect.Effect<Tls | undefined, ConfigError> =>
  tlsCertFile === undefined || tlsKeyFile === undefined ? Effect.succeed(undefined) : Effect.gen(function*() {
    const cert = yield* read(variables.tlsCertFile.name, tlsCertFile, certificatesFault)
    const key = yield* read(variables.tlsKeyFile.name, tlsKeyFile, privateKeyFault)
    const clientCa = tlsClientCaFile === undefined
      ? {}
      : { clientCa: yield* read(variables.tlsClientCaFile.name, tlsClientCaFile, certificatesFault) }
    const tls = { cert, key: Redacted.make(key), ...clientCa }
    const fault = pairFault(cert, key) ?? contextFault(tls)
    return fault === undefined ? tls : yield* fail(`${variables.tlsCertFile.name}, ${variables.tlsKeyFile.name}`, fault)
  })

/** Calls `take` whenever a file has changed and all are usable. */
export const followTls = (
  settings: TlsSettings,
  initial: Tls,
  take: (tls: Tls) => void
): Effect.Effect<void, never, Scope.Scope> => {
  let current = initial
  const renew = Effect.gen(function*() {
    const read = yield* Effect.result(readTls(settings))
    if (Result.isFailure(read)) {
      return yield* Effect.logError(`${read.failure.message}; TLS stays as it was`)
    }
    if (read.success === undefined || isSame(current, read.success)) return
    current = read.success
    take(current)
    yield* Effect.logInfo("TLS has new files")
  })
  const paths = [settings.tlsCertFile, settings.tlsKeyFile, settings.tlsClientCaFile]
  return watchFiles(paths.filter((path) => path !== undefined), renew)
}

/**
 * The options of Node.js. The key is unwrapped here only.
 *
 * **Details**
 *
 * With a client CA, session resumption is off: it would skip the check of the certificate's dates and CA.
 */
export const toTlsOptions = ({ cert, clientCa, key }: Tls): TlsOptions => ({
  cert,
  key: Redacted.value(key),
  minVersion: "TLSv1.2",
  ciphers: cipherSuites.join(":"),
  ALPNProtocols: ["http/1.1"],
  handshakeTimeout: 10_000,
  secureOptions: constants.SSL_OP_NO_COMPRESSION | constants.SSL_OP_NO_RENEGOTIATION |
    (clientCa === undefined ? 0 : constants.SSL_OP_NO_TICKET),
  ...(clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true })
})

const isSame = (left: Tls, right: Tls): boolean =>
  left.cert === right.cert && left.clientCa === right.clientCa && Redacted.value(left.key) === Redacted.value(right.key)

const fail = (name: string, fault: string) => Effect.fail(new ConfigError({ faults: [`${name}: ${fault}`] }))

const read = (name: string, path: string, faultOf: (text: string) => string | undefined) =>
  readText(path, largestFile).pipe(
    Effect.filterOrFail((text) => faultOf(text) === undefined, (text) => `${path} ${faultOf(text)}`),
    Effect.catch((fault) => fail(name, fault))
  )

/** OpenSSL skips malformed blocks silently; here they are a fault, so that no CA is missing unnoticed. */
const certificatesFault = (pem: string): string | undefined => {
  const blocks = [...scanPem(pem)]
  if (blocks.some(({ body }) => body === undefined)) return "has a PEM block that is cut off"
  if (blocks.length === 0) return "holds no PEM certificate"
  const bad = blocks.findIndex(({ text }) => Result.isFailure(Result.try(() => new X509Certificate(text))))
  return bad === -1 ? undefined : `has a block ${bad + 1} that is no certificate`
}

const privateKeyFault = (pem: string): string | undefined =>
  Result.isFailure(Result.try(() => createPrivateKey(pem)))
    ? "holds no PEM private key without a passphrase"
    : undefined

const pairFault = (cert: string, key: string): string | undefined =>
  new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)) ? undefined : "are not a pair"

const contextFault = (tls: Tls): string | undefined =>
  Result.isFailure(Result.try(() => createSecureContext(toTlsOptions(tls)))) ? "OpenSSL refuses them" : undefined
