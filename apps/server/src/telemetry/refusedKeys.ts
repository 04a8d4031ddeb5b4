/**
 * Log lines about refused keys: one for each network and minute, and not more than a screen of them.
 */
import { monotonicMsOf } from "@posh/core/serving"
import { Clock, Effect } from "effect"
import { LRUCache } from "lru-cache"
import { networkOf } from "../service/limits/network.ts"

const windowMs = 60_000

/** Networks that are remembered; one that is evicted gets a line earlier. */
const mostNetworks = 1_000

/** Lines in a minute, for all networks together. */
export const mostLines = 60

/** Notes a refused key. Returns how many were refused since the last line, this one included; `undefined`: no line now. */
export type CountRefused = (network: string, now: number) => number | undefined

export const makeRefusedCount = (): CountRefused => {
  const networks = new LRUCache<string, { until: number; count: number }>({ max: mostNetworks })
  const lines = { until: Number.NEGATIVE_INFINITY, count: 0 }
  return (network, now) => {
    const known = networks.get(network) ?? { until: Number.NEGATIVE_INFINITY, count: 0 }
    networks.set(network, known)
    known.count += 1
    if (now < known.until) return undefined
    if (now >= lines.until) Object.assign(lines, { until: now + windowMs, count: 0 })
    if (lines.count >= mostLines) return undefined
    lines.count += 1
    const { count } = known
    known.until = now + windowMs
    known.count = 0
    return count
  }
}

/** A request whose key was refused. */
export interface RefusedRequest {
  /** Of the client. */
  readonly address: string
  readonly requestId: string
}

/** Logs the refusal of a key, if a line is due. */
export const makeRefusedKeys: Effect.Effect<(request: RefusedRequest) => void> = Effect.gen(function*() {
  const clock = yield* Clock.Clock
  const runFork = Effect.runForkWith(yield* Effect.context())
  const count = makeRefusedCount()
  return ({ address, requestId }) => {
    const keys = count(networkOf(address), monotonicMsOf(clock))
    if (keys === undefined) return
    runFork(
      Effect.logInfo("audit: a key was refused").pipe(
        Effect.annotateLogs({ audit: "key refused", address, request: requestId, keys })
      )
    )
  }
})
