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
  /** The call has ended. */
  readonly end: () => void
}

export interface WatchOptions {
  readonly account: string
  /** Octets of one message. */
  readonly limit: number
  /** Many messages, each of which ends before the next; else what is reserved is kept until the call ends. */
  readonly isStream: boolean
}

/** The same for a body that is one message, of unknown length. */
export const watchBody = (bodies: Bodies, { account, limit }: Omit<WatchOptions, "isStream">): MessageWatch => {
  let total = 0
  let release: (() => void) | undefined
  return {
    end: () => release?.(),
    take: ({ length }) => {
      total += length
      if (total > limit) return tooLarge(limit)
      if (total <= callerBounds.smallBody || release !== undefined) return undefined
      release = bodies.reserve(account, limit)
      return release === undefined ? full : undefined
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
    prefixed = 0
    left = length
    if (length > limit) return tooLarge(limit)
    if (length <= callerBounds.smallBody) return undefined
    end()
    release = bodies.reserve(account, (prefix[0] ?? 0) & 1 ? length + limit : length)
    return release === undefined ? full : undefined
  }
  return {
    end,
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
