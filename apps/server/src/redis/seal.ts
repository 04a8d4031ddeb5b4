/**
 * Values for Redis that nobody without the secret can make, change, or move to another key (POSH-CAC-05): AES-256-GCM,
 * bound to the full Redis key. NOT prevented: putting back an older value under its own key; the instants inside bound
 * for how long that helps.
 */
import { Redacted } from "effect"
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto"

export interface Seal {
  readonly seal: (redisKey: string, text: string) => Buffer
  /** `undefined` for what was not sealed for this key by one of our secrets. */
  readonly open: (redisKey: string, value: Buffer) => string | undefined
}

/**
 * Seals with the first secret and opens with all of them, so that secrets rotate: put the new one first everywhere, and
 * take the old one away when what it sealed is gone.
 *
 * **Details**
 *
 * Without secrets text goes as it is; then sealed values do not open. With secrets plain text does not open.
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

interface Key {
  /** Says which secret sealed a value; derived from it one way. */
  readonly id: Buffer
  readonly octets: Buffer
}

// Layout: version, key id, nonce, cipher text, tag. JSON never begins with the version's octet.
const version = 1
const idOctets = 4
const keyOctets = 32
// NIST SP 800-38D §8.2.2: random nonces of 96 bits are good for 2^32 values under one key.
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
    return undefined // the tag does not fit
  }
}
