/**
 * Values in Redis ↔ associations and negative entries. A value that is read is untrusted: its size is checked, then it
 * is unsealed and decoded.
 */
import type { Association } from "@posh/core"
import {
  decodeAssociation,
  decodeNegative,
  encodeAssociation,
  encodeNegative,
  type NegativeEntry,
  type StoreKey
} from "@posh/core/cache"
import { Effect, Result } from "effect"
import { LRUCache } from "lru-cache"
import type { Reply } from "./Command.ts"
import type { FaultLog } from "./FaultLog.ts"
import type { Seal } from "./seal.ts"

/**
 * Maximum size of a value, octets: a thousand times a usual association. Larger ones are neither written nor accepted.
 */
export const valueOctets = 1_048_576

export const isOversized = (reply: Reply | undefined): boolean => Buffer.isBuffer(reply) && reply.length > valueOctets

export interface Values {
  /** `undefined` if it is too large. */
  readonly writeAssociation: (redisKey: string, association: Association) => Effect.Effect<Buffer | undefined>
  readonly writeNegative: (
    redisKey: string,
    key: StoreKey,
    negative: NegativeEntry
  ) => Effect.Effect<Buffer | undefined>
  /** Succeeds with `undefined` if there is no value. */
  readonly readAssociation: (redisKey: string, key: StoreKey, reply: Reply) => ReadValue<Association>
  readonly readNegative: (redisKey: string, key: StoreKey, reply: Reply) => ReadValue<NegativeEntry>
  /** The value; a fault is noted, and no value. */
  readonly orNote: <A>(read: ReadValue<A>) => Effect.Effect<A | undefined>
}

/** Texts, sealed and bounded. */
export interface Texts {
  /** `undefined` if it is too large, which is noted. */
  readonly write: (redisKey: string, text: string) => Effect.Effect<Buffer | undefined>
  /** Succeeds with `undefined` if there is no value. */
  readonly read: <A>(redisKey: string, reply: Reply, decode: (text: string) => A | undefined) => ReadValue<A>
  /** The value; a fault is noted, and no value. */
  readonly orNote: <A>(read: ReadValue<A>) => Effect.Effect<A | undefined>
}

export type ValueFault = "unsealable" | "undecodable" | "oversized"
export type ReadValue<A> = Result.Result<A | undefined, ValueFault>

export const makeTexts = (seal: Seal, faults: FaultLog): Texts => ({
  write: (redisKey, text) => {
    const value = seal.seal(redisKey, text)
    return value.length > valueOctets ? Effect.as(faults.note("oversized"), undefined) : Effect.succeed(value)
  },
  read: (redisKey, reply, decode) => {
    if (reply === null) return nothing
    if (!Buffer.isBuffer(reply)) return Result.fail("undecodable")
    if (isOversized(reply)) return Result.fail("oversized")
    const text = seal.open(redisKey, reply)
    if (text === undefined) return Result.fail("unsealable")
    const value = decode(text)
    return value === undefined ? Result.fail("undecodable") : Result.succeed(value)
  },
  orNote: (read) =>
    Result.isSuccess(read) ? Effect.succeed(read.success) : Effect.as(faults.note(read.failure), undefined)
})

export const makeValues = (seal: Seal, faults: FaultLog): Values => {
  const { orNote, read: readText, write } = makeTexts(seal, faults)
  const associations = makeMemo<Association>()
  const negatives = makeMemo<NegativeEntry>()

  const read = <A>(
    redisKey: string,
    key: StoreKey,
    reply: Reply,
    memo: LRUCache<string, MemoEntry<A>>,
    decode: (text: string, key: StoreKey) => A | undefined
  ): ReadValue<A> => {
    const before = Buffer.isBuffer(reply) ? memo.get(redisKey) : undefined
    if (Buffer.isBuffer(reply) && before?.octets.equals(reply) === true) return before.value
    const decoded = readText(redisKey, reply, (text) => decode(text, key))
    // A copy: the reply is a view of the whole network buffer.
    if (Buffer.isBuffer(reply) && Result.isSuccess(decoded)) {
      memo.set(redisKey, { octets: Buffer.from(reply), value: decoded })
    }
    return decoded
  }

  return {
    writeAssociation: (redisKey, association) => Effect.suspend(() => write(redisKey, encodeAssociation(association))),
    writeNegative: (redisKey, key, negative) => Effect.suspend(() => write(redisKey, encodeNegative(negative, key))),
    readAssociation: (redisKey, key, reply) => read(redisKey, key, reply, associations, decodeAssociation),
    readNegative: (redisKey, key, reply) => read(redisKey, key, reply, negatives, decodeNegative),
    orNote
  }
}

/**
 * The last value that was unsealed and decoded under a key. Equal octets under the same key decode to an equal value,
 * so decoding, which is expensive, is skipped.
 */
interface MemoEntry<A> {
  readonly octets: Buffer
  readonly value: ReadValue<A>
}

const makeMemo = <A>() =>
  new LRUCache<string, MemoEntry<A>>({
    max: 4_096,
    maxSize: 16 * 1_024 * 1_024,
    maxEntrySize: 64 * 1_024,
    sizeCalculation: ({ octets }) => 1_024 + octets.length * 2
  })

const nothing = Result.succeed(undefined)
