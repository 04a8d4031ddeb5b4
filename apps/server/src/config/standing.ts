/**
 * How the service stands at the start: reads what {@link weaknessesOf} decides on.
 */
import { Clock, Effect } from "effect"
import { stat } from "node:fs/promises"
import { largestPemFile } from "../process/certificates.ts"
import { readText } from "../process/files.ts"
import { endingSoon, type OwnCertificate, ownCertificates } from "../process/ownCertificates.ts"
import { ConfigError } from "./Config.ts"
import { type SecretKey, secretSources } from "./secretSources.ts"
import { type Settings, variables } from "./variables.ts"
import { type FileMode, type StartFacts, type Weakness, weaknessesOf } from "./weaknesses.ts"

export interface Standing {
  readonly weaknesses: ReadonlyArray<Weakness>
  readonly certificates: ReadonlyArray<OwnCertificate>
  /** One line for each weakness, and for each certificate that ends soon. */
  readonly warnings: ReadonlyArray<string>
}

/** `pems`: what the service has read already. With `POSH_STRICT=true` it fails with every weakness. */
export const readStanding = (
  settings: Settings,
  pems: Parameters<typeof ownCertificates>[0],
  keys: StartFacts["keys"]
): Effect.Effect<Standing, ConfigError> =>
  Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    const certificates = ownCertificates({
      ...pems,
      POSH_REDIS_CA_FILE: yield* readGiven(settings.redisCaFile),
      POSH_REDIS_CERT_FILE: yield* readGiven(settings.redisCertFile)
    })
    const weaknesses = weaknessesOf(settings, { now, keys, certificates, files: yield* readModes(settings) })
    const faults = weaknesses.map(({ text }) => text)
    if (settings.strict && faults.length > 0) {
      return yield* new ConfigError({ faults: [...faults, "POSH_STRICT: true refuses to start with these"] })
    }
    const ending = certificates.flatMap((own) => {
      const fault = endingSoon(own, now)
      return fault === undefined ? [] : [`${own.file}: ${fault}`]
    })
    return { weaknesses, certificates, warnings: [...faults, ...ending] }
  })

/** Whoever uses the file says why it cannot be read. */
const readGiven = (path: string | undefined): Effect.Effect<string> =>
  path === undefined ? Effect.succeed("") : Effect.orElseSucceed(readText(path, largestPemFile), () => "")

/** The settings with paths of files that hold secrets. */
const secretPaths = [
  "tlsKeyFile",
  "apiKeysFile",
  "redisKeyFile",
  ...Object.values(secretSources)
] as const satisfies ReadonlyArray<keyof Settings | typeof secretSources[SecretKey]>

const readModes = (settings: Settings): Effect.Effect<ReadonlyArray<FileMode>> =>
  Effect.map(
    Effect.forEach(secretPaths, (key) => {
      const path = settings[key]
      if (path === undefined) return Effect.succeed([])
      return Effect.tryPromise(() => stat(path)).pipe(
        Effect.map(({ mode }) => [{ name: variables[key].name, path, mode }]),
        Effect.orElseSucceed(() => [])
      )
    }),
    (modes) => modes.flat()
  )
