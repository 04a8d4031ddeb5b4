/**
 * API keys as the operator configures them: name, scope and hash.
 *
 * **Details**
 *
 * A generated key has 32 random octets and cannot be guessed, so a plain SHA-256 suffices and no slow hash is needed. If
 * operators use other keys, it is up to them that these cannot be guessed.
 */
import { type Scope, scopes } from "@posh/api"
import { Redacted, Result } from "effect"
import { hash, randomBytes } from "node:crypto"

/** What the service stores of a key, which is not the key itself. */
export interface Key {
  readonly name: string
  readonly scope: Scope
  /** Lower-case hex of the SHA-256 of the key's text. */
  readonly sha256: string
}

export type Keys = ReadonlyArray<Key>

/** Limits on configured keys: there is one for each server that asks, not for each user. */
export const keyLimits = {
  keys: 1_000,
  nameCharacters: 64,
  fileOctets: 1024 * 1024,
  /** Length of a key. Shorter ones can be guessed; token generators make none that are longer. */
  keyCharacters: { least: 16, most: 256 }
} as const

/** Parses comma-separated entries. */
export const parseKeys = (text: string): Result.Result<Keys, string> =>
  Result.flatMap(
    Result.all(text.split(",").map((entry, index) => at(`entry ${index + 1}`, parseKey(entry.trim())))),
    (keys) => joinKeys(keys)
  )

/** Parses one entry per line; skips empty lines and comments (`#`). */
export const parseKeysFile = (text: string): Result.Result<Keys, string> =>
  Result.flatMap(
    Result.all(
      text.split("\n").map((line) => line.trim()).flatMap((line, index) =>
        line === "" || line.startsWith("#") ? [] : [at(`line ${index + 1}`, parseKey(line))]
      )
    ),
    (keys) => joinKeys(keys)
  )

/** Joins the lists. Fails on duplicate names or keys; the message has names only, which are not secret. */
export const joinKeys = (...lists: ReadonlyArray<Keys>): Result.Result<Keys, string> => {
  const keys = lists.flat()
  if (keys.length > keyLimits.keys) return Result.fail(`there are more than ${keyLimits.keys} keys`)
  const names = new Set<string>()
  const owners = new Map<string, string>()
  for (const { name, sha256 } of keys) {
    const owner = owners.get(sha256)
    if (names.has(name)) return Result.fail(`the name ${name} is there twice`)
    if (owner !== undefined) return Result.fail(`${owner} and ${name} have the same key`)
    names.add(name)
    owners.set(sha256, name)
  }
  return Result.succeed(keys)
}

/** Generates a key and its entry. The key is not stored. */
export const makeKey = (name: string, scope: Scope): { readonly secret: Redacted.Redacted; readonly entry: Key } => {
  const secret = `posh_${randomBytes(32).toString("base64url")}`
  return { secret: Redacted.make(secret), entry: { name, scope, sha256: hash("sha256", secret) } }
}

/** The inverse of {@link parseKeysFile}, for one entry. */
export const formatKey = ({ name, scope, sha256 }: Key): string => `${name}:${scope}:${sha256}`

/** True for visible ASCII without spaces, which a header field carries unchanged (RFC 9110 §5.5), of a valid length. */
export const isKeyText = (text: string): boolean =>
  text.length >= keyLimits.keyCharacters.least && text.length <= keyLimits.keyCharacters.most && visible.test(text)

const visible = /^[!-~]+$/

export const isKeyName = (text: string): boolean =>
  text.length <= keyLimits.nameCharacters && /^[A-Za-z0-9._-]+$/.test(text)

/** Faults never quote the entry: it may be a key in place of its hash, which must not get into logs. */
const parseKey = (entry: string): Result.Result<Key, string> => {
  const [name = "", scope = "", sha256 = "", ...more] = entry.split(":")
  const known = scopes.find((candidate) => candidate === scope)
  if (sha256 === "" || more.length > 0) return Result.fail("must be name:scope:sha256, as npm run keys:new prints it")
  if (!isKeyName(name)) {
    return Result.fail(`the name must be 1 to ${keyLimits.nameCharacters} letters, digits, dots, dashes or underscores`)
  }
  if (known === undefined) return Result.fail(`the scope must be one of ${scopes.join(", ")}`)
  if (!/^[0-9a-f]{64}$/i.test(sha256)) return Result.fail("the last part must be the SHA-256 of the key, 64 hex digits")
  return Result.succeed({ name, scope: known, sha256: sha256.toLowerCase() })
}

const at = <A>(place: string, result: Result.Result<A, string>): Result.Result<A, string> =>
  Result.mapError(result, (fault) => `${place}: ${fault}`)
