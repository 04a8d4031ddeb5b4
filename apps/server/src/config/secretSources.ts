/**
 * Which secrets may come from a file, and how such a file is read.
 */
import { Effect, Result } from "effect"
import { readText } from "../process/files.ts"
import type { Environment } from "./Config.ts"
import { variables } from "./variables.ts"

/** Setting of the secret → the setting with the path of its file. */
export const secretSources = {
  redisUrl: "redisUrlFile",
  cacheSecret: "cacheSecretFile",
  egressProxy: "egressProxyFile",
  decisionLogKey: "decisionLogKeyFile",
  otlpHeaders: "otlpHeadersFile"
} as const

export type SecretKey = keyof typeof secretSources

export const secretKeys = Object.keys(secretSources) as ReadonlyArray<SecretKey>

/** Octets. */
const largestSecretFile = 64 * 1024

/** Reads the one line of the file. The fault names no content. */
export const readSecret = (path: string): Effect.Effect<string, string> =>
  Effect.flatMap(readText(path, largestSecretFile), (text) => {
    const line = text.replace(/[\r\n]+$/, "")
    if (line.trim() === "") return Effect.fail(`${path} is empty`)
    return controls.test(line) ? Effect.fail(`${path} is not one line of text`) : Effect.succeed(line)
  })

/** Line feeds among them; U+FFFD stands for octets that are no UTF-8. */
const controls = /[\p{Cc}\ufffd]/u

/** The secrets of an environment that are in files, by the name of their variable; with all faults. */
export const readSecrets = (
  env: Environment
): Effect.Effect<{ readonly texts: Environment; readonly faults: ReadonlyArray<string> }> =>
  Effect.map(
    Effect.forEach(secretKeys, (key) => readGiven(key, env)),
    (read) => ({
      texts: Object.fromEntries(read.flatMap((one) => one !== undefined && Result.isSuccess(one) ? [one.success] : [])),
      faults: read.flatMap((one) => one !== undefined && Result.isFailure(one) ? [one.failure] : [])
    })
  )

const readGiven = (key: SecretKey, env: Environment) => {
  const { name } = variables[key]
  const path = env[`${name}_FILE`] ?? ""
  if (path === "") return Effect.succeed(undefined)
  if ((env[name] ?? "") !== "") {
    return Effect.succeed(Result.fail(`${name}_FILE: is set beside ${name}; there can be only one of them`))
  }
  return readSecret(path).pipe(
    Effect.mapBoth({ onFailure: (fault) => `${name}_FILE: ${fault}`, onSuccess: (text) => [name, text] as const }),
    Effect.result
  )
}
