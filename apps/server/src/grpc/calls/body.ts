/**
 * Reserves memory for long messages before they are read, as for long bodies on HTTP.
 */
import type { Problem } from "@posh/api"
import type { Bodies } from "../../service/limits/Bodies.ts"
import { callerBounds } from "../../service/limits/bounds.ts"
import { overloaded, tooLarge } from "../../service/limits/refusals.ts"

/** Octets before each message: a flag and the length. */
const prefixLength = 5

const full = overloaded("As many large bodies as may be are being read.")

export interface MessageWatch {
  /** Looks at the next octets of the body. Returns why they are not to be read. */
  readonly take: (octets: Uint8Array) => Problem | undefined
  /** True while memory is reserved for octets that have not arrived. */
  readonly isArriving: () => boolean
  /** The call has ended. */
  readonly end: () => void
}

export interface WatchOptions {
  readonly account: string
  /** Octets of one message, also when it is decompressed. */
  readonly limit: number
  /** Many messages, each of which ends before the next; else what is reserved is kept until the call ends. */
  readonly isStream: boolean
}

export interface BodyOptions extends Omit<WatchOptions, "isStream"> {
  readonly isCompressed: boolean
}

/** The same for a body that is one message, of unknown length. */
export const watchBody = (bodies: Bodies, { account, isCompressed, limit }: BodyOptions): MessageWatch => {
  let total = 0
  const held: Array<() => void> = []
  const reserve = (): Problem | undefined => {
    const release = bodies.reserve(account, limit)
    if (release === undefined) return full
    held.push(release)
    return undefined
  }
  return {
    isArriving: () => held.length > 0,
    end: () => {
      for (const release of held.splice(0)) release()
    },
    take: ({ length }) => {
      // A few octets become many.
      const fault = isCompressed && total === 0 && length > 0 ? reserve() : undefined
      const isLong = total > callerBounds.smallBody
      total += length
      if (total > limit) return tooLarge(limit)
      return fault ?? (isLong || total <= callerBounds.smallBody ? undefined : reserve())
    }
  }
}

export const watchMessages = (bodies: Bodies, { account, isStream, limit }: WatchOptions): MessageWatch => {
  const prefix = new Uint8Array(prefixLength)
  let prefixed = 0
  /** Octets of the current message that have not arrived. */
  let left = 0
  let release: (() => void) | undefined
  const end = () => {
    release?.()
    release = undefined
  }
  const begin = (): Problem | undefined => {
    const length = new DataView(prefix.buffer).getUint32(1)
    const decoded = ((prefix[0] ?? 0) & 1) === 1 && length > 0 ? limit : 0
    prefixed = 0
    left = length
    if (length > limit) return tooLarge(limit)
    if (length + decoded <= callerBounds.smallBody) return undefined
    end()
    release = bodies.reserve(account, length + decoded)
    return release === undefined ? full : undefined
  }
  return {
    end,
    isArriving: () => release !== undefined && left > 0,
    take: (octets) => {
      let at = 0
      while (at < octets.length) {
        if (left > 0) {
          const some = Math.min(left, octets.length - at)
          left -= some
          at += some
          if (left === 0 && isStream) end()
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
