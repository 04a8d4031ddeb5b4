/**
 * TLS of the listener: its certificate and key, and the client CA.
 */
import { cipherSuites } from "@posh/core/node"
import { Effect, Redacted, Result, type Scope } from "effect"
import { constants, createPrivateKey, type KeyObject, type X509Certificate } from "node:crypto"
import { createSecureContext, type TlsOptions } from "node:tls"
import { ConfigError } from "../config/Config.ts"
import { type Settings, variables } from "../config/variables.ts"
import { largestPemFile, opensslReason, parseCertificates, toPem } from "../process/certificates.ts"
import { readText } from "../process/files.ts"
import { describeOwn, type OwnCertificate, ownCertificates, warnOfEnd } from "../process/ownCertificates.ts"
import { watchFiles } from "../process/watchFiles.ts"

/** The three files, as PEM. */
export interface Tls {
  readonly cert: string
  readonly key: Redacted.Redacted
  readonly clientCa?: string
}

export type TlsSettings = Pick<Settings, "tlsCertFile" | "tlsKeyFile" | "tlsClientCaFile">

/** Reads the files and tests them; `undefined` if TLS is not configured. */
export const readTls = (
  { tlsCertFile, tlsClientCaFile, tlsKeyFile }: TlsSettings
): Effect.Effect<Tls | undefined, ConfigError> =>
  tlsCertFile === undefined || tlsKeyFile === undefined ? Effect.succeed(undefined) : Effect.gen(function*() {
    const chain = yield* read(variables.tlsCertFile.name, tlsCertFile, parseCertificates)
    const key = yield* read(variables.tlsKeyFile.name, tlsKeyFile, parsePrivateKey)
    const clientCa = tlsClientCaFile === undefined
      ? {}
      : { clientCa: toPem(yield* read(variables.tlsClientCaFile.name, tlsClientCaFile, parseCertificates)) }
    const tls = { cert: toPem(chain), key: Redacted.make(key.pem), ...clientCa }
    const fault = pairFault(chain, key.object) ?? contextFault(tls)
    return fault === undefined ? tls : yield* fail(pairNames, fault)
  })

/** Calls `take` whenever a file has changed and all are usable. */
export const followTls = (
  settings: TlsSettings,
  initial: Tls,
  take: (tls: Tls) => void
): Effect.Effect<void, never, Scope.Scope> => {
  let current = initial
  const renew = Effect.gen(function*() {
    const read = yield* Effect.mapError(readTls(settings), ({ message }) => `${message}; TLS stays as it was`)
    if (read === undefined || isSame(current, read)) return
    take(read)
    current = read
    const own = tlsCertificates(read)
    yield* Effect.annotateLogs(Effect.logInfo("TLS has new files"), own[0] === undefined ? {} : describeOwn(own[0]))
    yield* Effect.forEach(own, warnOfEnd, { discard: true })
  })
  const paths = [settings.tlsCertFile, settings.tlsKeyFile, settings.tlsClientCaFile]
  return watchFiles(paths.filter((path) => path !== undefined), renew, pairNames)
}

/** When they end: that of the listener comes first. */
export const tlsCertificates = ({ cert, clientCa }: Pick<Tls, "cert" | "clientCa">): ReadonlyArray<OwnCertificate> =>
  ownCertificates({ POSH_TLS_CERT_FILE: cert, POSH_TLS_CLIENT_CA_FILE: clientCa })

const pairNames = `${variables.tlsCertFile.name}, ${variables.tlsKeyFile.name}`

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

const read = <A>(name: string, path: string, parse: (text: string) => Result.Result<A, string>) =>
  readText(path, largestPemFile).pipe(
    Effect.flatMap((text) => Effect.fromResult(Result.mapError(parse(text), (fault) => `${path} ${fault}`))),
    Effect.catch((fault) => fail(name, fault))
  )

const parsePrivateKey = (text: string): Result.Result<PrivateKey, string> =>
  Result.try({
    try: () => {
      const object = createPrivateKey(text)
      return { object, pem: object.export({ type: "pkcs8", format: "pem" }).toString() }
    },
    catch: () => "holds no PEM private key without a passphrase"
  })

interface PrivateKey {
  readonly object: KeyObject
  readonly pem: string
}

/** OpenSSL throws where it does not support the kind of the key. */
const pairFault = ([leaf]: ReadonlyArray<X509Certificate>, key: KeyObject): string | undefined =>
  Result.match(Result.try(() => leaf?.checkPrivateKey(key) === true), {
    onFailure: (cause) => `are not usable (${opensslReason(cause)})`,
    onSuccess: (isPair) => isPair ? undefined : "are not a pair"
  })

const contextFault = (tls: Tls): string | undefined =>
  Result.match(Result.try(() => createSecureContext(toTlsOptions(tls))), {
    onFailure: (cause) => `OpenSSL refuses them (${opensslReason(cause)})`,
    onSuccess: () => undefined
  })
