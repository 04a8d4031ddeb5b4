/**
 * Keys of callers, as the service is told of them: by name, scope and hash.
 *
 * **Details**
 *
 * A key that we make is 32 random octets. Nobody finds those by trying, so a plain SHA-256 keeps them, and no slow hash is
 * needed. An operator may use a key of another making; that nobody finds it by trying is then the operator's affair.
 */
import { type Scope, scopes } from "@posh/api"
import { Redacted, Result } from "effect"
import { hash, randomBytes } from "node:crypto"

/** What the service knows of a key. The key itself it does not know. */
export interface Key {
  readonly name: string
  readonly scope: Scope
  /** Lower-case hex of the SHA-256 of the key's text. */
  readonly sha256: string
}

export type Keys = ReadonlyArray<Key>

/** Bounds of what an operator may hand over: there are as many keys as servers that ask, not as users. */
export const keyLimits = {
  keys: 1_000,
  nameCharacters: 64,
  fileOctets: 1024 * 1024,
  /** Of a key itself. The fewest that a good one can have; and more than any maker of tokens takes. */
  keyCharacters: { least: 16, most: 256 }
} as const

/** Entries separated by commas. */
export const parseKeys = (text: string): Result.Result<Keys, string> =>
  Result.flatMap(
    Result.all(text.split(",").map((entry, index) => at(`entry ${index + 1}`, parseKey(entry.trim())))),
    (keys) => joinKeys(keys)
  )

/** An entry a line; lines that are empty, or begin with `#`, say nothing. */
export const parseKeysFile = (text: string): Result.Result<Keys, string> =>
  Result.flatMap(
    Result.all(
      text.split("\n").map((line) => line.trim()).flatMap((line, index) =>
        line === "" || line.startsWith("#") ? [] : [at(`line ${index + 1}`, parseKey(line))]
      )
    ),
    (keys) => joinKeys(keys)
  )

/** All of them, where they do not contradict each other. Names are those of keys, so they may be told. */
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

/** A new key with its entry. The key is not kept anywhere. */
export const makeKey = (name: string, scope: Scope): { readonly secret: Redacted.Redacted; readonly entry: Key } => {
  const secret = `posh_${randomBytes(32).toString("base64url")}`
  return { secret: Redacted.make(secret), entry: { name, scope, sha256: hash("sha256", secret) } }
}

/** As {@link parseKeysFile} reads it. */
export const formatKey = ({ name, scope, sha256 }: Key): string => `${name}:${scope}:${sha256}`

/** Can this text be a key? What a header field carries unchanged (RFC 9110 §5.5): visible ASCII, and no spaces. */
export const isKeyText = (text: string): boolean =>
  text.length >= keyLimits.keyCharacters.least && text.length <= keyLimits.keyCharacters.most && visible.test(text)

const visible = /^[!-~]+$/

export const isKeyName = (text: string): boolean =>
  text.length <= keyLimits.nameCharacters && /^[A-Za-z0-9._-]+$/.test(text)

/** Faults never repeat the entry: who mistook a key for its hash must not find it in a log. */
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
