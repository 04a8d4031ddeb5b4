/**
 * Seals values for Redis with AES-256-GCM, bound to the full Redis key: without the secret a value cannot be forged,
 * modified, or moved to another key (POSH-CAC-05). NOT prevented: a replay of an older value under its own key; the
 * instants inside the value bound how long it is accepted.
 */
import { Redacted } from "effect"
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto"
import { derive, type Secret } from "../config/Secrets.ts"

export interface Seal {
  readonly seal: (redisKey: string, text: string) => Buffer
  /** `undefined` if the value was not sealed for this key with one of the secrets. */
  readonly open: (redisKey: string, value: Buffer) => string | undefined
}

/**
 * Seals with the first secret and opens with all of them. To rotate secrets, put the new one first in every replica,
 * and remove the old one when the values that it sealed have expired.
 *
 * **Details**
 *
 * Without secrets values are plain text, and sealed values do not open. With secrets plain text does not open.
 */
export const makeSeal = (secrets: Redacted.Redacted<ReadonlyArray<string>> | undefined): Seal => {
  const keys = secrets === undefined ? [] : Redacted.value(secrets).map(deriveKey)
  const [first] = keys
  return first === undefined ? plain : {
    seal: (redisKey, text) => sealWith(first, redisKey, text),
    open: (redisKey, value) => {
      const id = value.subarray(1, nonceAt)
      return keys.filter((key) => key.id.equals(id)).map((key) => openWith(key, redisKey, value))
        .find((text) => text !== undefined)
    }
  }
}

/** Seals and opens with the secrets that are current. */
export const makeChangingSeal = (secrets: Pick<Secret<Parameters<typeof makeSeal>[0]>, "current">): Seal => {
  const now = derive(secrets, makeSeal)
  return {
    seal: (redisKey, text) => now().seal(redisKey, text),
    open: (redisKey, value) => now().open(redisKey, value)
  }
}

interface Key {
  /** Identifies the secret that sealed a value; derived from it by a one-way function. */
  readonly id: Buffer
  readonly octets: Buffer
}

// Layout: version, key id, nonce, cipher text, tag. No JSON text begins with the octet of the version.
const version = 1
const idOctets = 4
const keyOctets = 32
// NIST SP 800-38D §8.2.2: random nonces of 96 bits allow 2^32 values under one key.
const nonceOctets = 12
const tagOctets = 16
const nonceAt = 1 + idOctets
const textAt = nonceAt + nonceOctets

const plain: Seal = {
  seal: (_redisKey, text) => Buffer.from(text),
  open: (_redisKey, value) => value[0] === version ? undefined : value.toString()
}

const deriveKey = (secret: string): Key => {
  const octets = Buffer.from(hkdfSync("sha256", secret, "posh cache", "aes-256-gcm v1", keyOctets + idOctets))
  return { octets: octets.subarray(0, keyOctets), id: octets.subarray(keyOctets) }
}

const sealWith = ({ id, octets }: Key, redisKey: string, text: string): Buffer => {
  const nonce = randomBytes(nonceOctets)
  const cipher = createCipheriv("aes-256-gcm", octets, nonce, { authTagLength: tagOctets })
  cipher.setAAD(Buffer.from(redisKey))
  const sealed = [cipher.update(text, "utf8"), cipher.final()]
  return Buffer.concat([Buffer.of(version), id, nonce, ...sealed, cipher.getAuthTag()])
}

const openWith = ({ octets }: Key, redisKey: string, value: Buffer): string | undefined => {
  if (value[0] !== version || value.length < textAt + tagOctets) return undefined
  const decipher = createDecipheriv("aes-256-gcm", octets, value.subarray(nonceAt, textAt), {
    authTagLength: tagOctets
  })
  decipher.setAAD(Buffer.from(redisKey))
  decipher.setAuthTag(value.subarray(-tagOctets))
  const text = decipher.update(value.subarray(textAt, -tagOctets))
  try {
    return Buffer.concat([text, decipher.final()]).toString()
  } catch {
    return undefined // the authentication tag is invalid
  }
}
