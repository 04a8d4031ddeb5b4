/**
 * Reserves memory for long messages before they are read, as for long bodies on HTTP.
 */
import type { Problem } from "@posh/api"
import type { Bodies } from "../../service/limits/Bodies.ts"
import { callerBounds } from "../../service/limits/bounds.ts"
import { overloaded, tooLarge } from "../../service/limits/refusals.ts"
import { type Inspect, type Inspection, tooManyParts } from "../messages/inspect.ts"
import { callLimits } from "./limits.ts"

/** Octets before each message: a flag and the length. */
const prefixLength = 5

const full = overloaded("As many large bodies as may be are being read.")

export interface MessageWatch {
  /** All octets have come. Returns why the body is not to be decoded. */
  readonly finish: () => Problem | undefined
  /** Looks at the next octets of the body. Returns why they are not to be read. */
  readonly take: (octets: Uint8Array) => Problem | undefined
  /** The service asks for more: it has taken the messages of a stream that have come, until then they wait in memory. */
  readonly more: () => void
  /** True while memory is reserved for octets that have not arrived. */
  readonly isArriving: () => boolean
  /** The call has ended. */
  readonly end: () => void
}

export interface WatchOptions {
  readonly account: string
  /** Octets of one message, also when it is decompressed. */
  readonly limit: number
  /** Of each message as it arrives; those that are compressed are looked at when they are not. */
  readonly inspect: Inspect
  /** Many messages, each of which ends before the next; else what is reserved is kept until the call ends. */
  readonly isStream: boolean
}

export interface BodyOptions extends Omit<WatchOptions, "isStream"> {
  readonly isCompressed: boolean
}

/** The same for a body that is one message, of unknown length. */
export const watchBody = (bodies: Bodies, { account, inspect, isCompressed, limit }: BodyOptions): MessageWatch => {
  let total = 0
  const inspection = isCompressed ? undefined : inspect()
  const held: Array<() => void> = []
  const reserve = (): Problem | undefined => {
    const release = bodies.reserve(account, limit)
    if (release === undefined) return full
    held.push(release)
    return undefined
  }
  return {
    more: () => undefined,
    isArriving: () => held.length > 0,
    end: () => {
      for (const release of held.splice(0)) release()
    },
    finish: () => inspection?.finish() === false ? tooManyParts : undefined,
    take: (octets) => {
      const { length } = octets
      // A few octets become many.
      const fault = isCompressed && total === 0 && length > 0 ? reserve() : undefined
      const isLong = total > callerBounds.smallBody
      total += length
      if (total > limit) return tooLarge(limit)
      if (inspection?.feed(octets) === false) return tooManyParts
      return fault ?? (isLong || total <= callerBounds.smallBody ? undefined : reserve())
    }
  }
}

interface Reserved {
  readonly octets: number
  readonly release: () => void
}

export const watchMessages = (bodies: Bodies, { account, inspect, isStream, limit }: WatchOptions): MessageWatch => {
  const prefix = new Uint8Array(prefixLength)
  let prefixed = 0
  /** Octets of the current message that have not arrived. */
  let left = 0
  let inspection: Inspection | undefined
  /** Of the current message, and of the largest that has come and may wait to be taken: they are decoded one by one. */
  let current: Reserved | undefined
  let waiting: Reserved | undefined
  const release = () => {
    waiting?.release()
    waiting = undefined
  }
  const keepLargest = () => {
    const [least, most] = (current?.octets ?? 0) < (waiting?.octets ?? 0) ? [current, waiting] : [waiting, current]
    least?.release()
    waiting = most
    current = undefined
  }
  /** The next octets of the current message. */
  const go = (octets: Uint8Array): Problem | undefined => {
    left -= octets.length
    if (inspection?.feed(octets) === false) return tooManyParts
    if (left > 0) return undefined
    return inspection?.finish() === false ? tooManyParts : undefined
  }
  const begin = (): Problem | undefined => {
    const length = new DataView(prefix.buffer).getUint32(1)
    const isCompressed = ((prefix[0] ?? 0) & 1) === 1
    const decoded = isCompressed && length > 0 ? limit : 0
    inspection = isCompressed || length <= callLimits.simpleMessage ? undefined : inspect()
    const octets = length + decoded
    prefixed = 0
    left = length
    keepLargest()
    if (length > limit) return tooLarge(limit)
    if (octets <= callerBounds.smallBody) return undefined
    const reserved = bodies.reserve(account, octets)
    if (reserved === undefined) return full
    current = { octets, release: reserved }
    return undefined
  }
  return {
    end: () => {
      keepLargest()
      release()
    },
    more: () => {
      if (!isStream) return
      if (left === 0) keepLargest()
      release()
    },
    finish: () => undefined,
    isArriving: () => current !== undefined && left > 0,
    take: (octets) => {
      let at = 0
      while (at < octets.length) {
        if (left > 0) {
          const some = octets.subarray(at, at + left)
          at += some.length
          const fault = go(some)
          if (fault !== undefined) return fault
          continue
        }
        prefix[prefixed] = octets[at] ?? 0
        prefixed += 1
        at += 1
        if (prefixed < prefixLength) continue
        const fault = begin()
        if (fault !== undefined) return fault
      }
      return undefined
    }
  }
}
