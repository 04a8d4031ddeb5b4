/**
 * The files for TLS to Redis: its certificate authority, and the certificate of the service with its key.
 */
import { Effect, Result, type Scope } from "effect"
import { createPrivateKey, hash, X509Certificate } from "node:crypto"
import { createSecureContext, type SecureContext } from "node:tls"
import { ConfigError } from "../../config/Config.ts"
import { type Settings, variables } from "../../config/variables.ts"
import { largestPemFile, opensslReason, parseCertificates } from "../../process/certificates.ts"
import { readText } from "../../process/files.ts"
import { type OwnCertificate, ownCertificates, warnOfEnd } from "../../process/ownCertificates.ts"
import { watchFiles } from "../../process/watchFiles.ts"
import { certificateNotes } from "../../telemetry/standing.ts"
import type { TlsSource } from "./sockets.ts"

export type RedisTlsSettings = Pick<Settings, "redisCaFile" | "redisCertFile" | "redisKeyFile" | "redisServerName">

export interface RedisTls extends TlsSource {
  /**
   * Reads the files again whenever one of them changes, and hands on what is usable. `take` connects anew, and returns
   * why that failed.
   */
  readonly follow: (take: Effect.Effect<Error | undefined>) => Effect.Effect<void, never, Scope.Scope>
}

/** Reads the files, and tries whether they can be used. Fails with the name of the variable. */
export const readRedisTls = (settings: RedisTlsSettings): Effect.Effect<RedisTls, ConfigError> =>
  Effect.map(readFiles(settings), (first) => {
    const state = { files: first }
    const renew = (take: Effect.Effect<Error | undefined>) =>
      Effect.gen(function*() {
        const read = yield* Effect.result(readFiles(settings))
        if (Result.isFailure(read)) {
          return yield* Effect.logError(`${read.failure.message}; TLS to Redis stays as it was`)
        }
        if (read.success.text === state.files.text) return
        // Also if Redis refuses them now: it may have got its own new certificate a little later.
        state.files = read.success
        const note = yield* certificateNotes
        note(state.files.own)
        yield* Effect.forEach(state.files.own, warnOfEnd, { discard: true })
        const fault = yield* take
        if (fault === undefined) return yield* Effect.logInfo("TLS to Redis has new files")
        yield* Effect.annotateLogs(
          Effect.logWarning("TLS to Redis has new files, and no connection with them yet: the old one stays"),
          { why: fault.message }
        )
      })
    const paths = pathsOf(settings)
    return {
      context: () => state.files.context,
      serverName: settings.redisServerName,
      follow: (take) => paths.length === 0 ? Effect.void : watchFiles(paths, renew(take))
    }
  })

interface Files {
  /** Digest of all files, to see if they changed. */
  readonly text: string
  readonly context: SecureContext | undefined
  readonly own: ReadonlyArray<OwnCertificate>
}

const pathsOf = ({ redisCaFile, redisCertFile, redisKeyFile }: RedisTlsSettings): ReadonlyArray<string> =>
  [redisCaFile, redisCertFile, redisKeyFile].filter((path) => path !== undefined)

const readFiles = (settings: RedisTlsSettings): Effect.Effect<Files, ConfigError> =>
  Effect.gen(function*() {
    const { redisCaFile, redisCertFile, redisKeyFile } = variables
    const ca = yield* read(redisCaFile.name, settings.redisCaFile, certificatesFault)
    const cert = yield* read(redisCertFile.name, settings.redisCertFile, certificatesFault)
    const key = yield* read(redisKeyFile.name, settings.redisKeyFile, privateKeyFault)
    const given = Object.fromEntries(Object.entries({ ca, cert, key }).filter(([, text]) => text !== undefined))
    if (Object.keys(given).length === 0) return { text: "", context: undefined, own: [] }
    // OpenSSL refuses a key that does not belong to the certificate, and keys that are too short.
    const context = Result.try(() => createSecureContext(given))
    if (Result.isSuccess(context)) {
      return {
        text: hash("sha256", JSON.stringify(given)),
        context: context.success,
        own: ownCertificates({ POSH_REDIS_CA_FILE: ca, POSH_REDIS_CERT_FILE: cert })
      }
    }
    const names = cert === undefined ? redisCaFile.name : `${redisCertFile.name}, ${redisKeyFile.name}`
    return yield* fail(
      names,
      isPair(cert, key) ? `OpenSSL refuses them (${opensslReason(context.failure)})` : "are not a pair"
    )
  })

const fail = (name: string, fault: string) => Effect.fail(new ConfigError({ faults: [`${name}: ${fault}`] }))

const read = (name: string, path: string | undefined, faultOf: (text: string) => string | undefined) =>
  path === undefined ? Effect.undefined : readText(path, largestPemFile).pipe(
    Effect.filterOrFail((text) => faultOf(text) === undefined, (text) => `${path} ${faultOf(text)}`),
    Effect.catch((fault) => fail(name, fault))
  )

const certificatesFault = (pem: string): string | undefined =>
  Result.match(parseCertificates(pem), { onFailure: (fault) => fault, onSuccess: () => undefined })

const privateKeyFault = (pem: string): string | undefined =>
  Result.isFailure(Result.try(() => createPrivateKey(pem)))
    ? "holds no PEM private key without a passphrase"
    : undefined

const isPair = (cert: string | undefined, key: string | undefined): boolean =>
  cert === undefined || key === undefined ||
  Result.getOrElse(Result.try(() => new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))), () => true)
