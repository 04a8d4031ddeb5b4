/**
 * Loaded into a server by `--import`: sends its parent every 100 ms the longest stall of the event loop and the pauses of the
 * garbage collector since the last message.
 */
import { constants, monitorEventLoopDelay, PerformanceObserver } from "node:perf_hooks"
import type { Observation } from "./Observation.ts"

const resolution = 2
const delay = monitorEventLoopDelay({ resolution })
delay.enable()

let minor = 0
let major = 0
let longestMs = 0
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    const { detail, duration } = entry as typeof entry & { readonly detail: { readonly kind: number } }
    if (detail.kind === constants.NODE_PERFORMANCE_GC_MINOR) minor += duration
    else major += duration
    longestMs = Math.max(longestMs, duration)
  }
}).observe({ entryTypes: ["gc"] })

setInterval(() => {
  const stallMs = Math.max(0, delay.max / 1e6 - resolution)
  const observation: Observation = { stallMs, minorMs: minor, majorMs: major, longestMs }
  process.send?.(observation)
  delay.reset()
  minor = 0
  major = 0
  longestMs = 0
}, 100).unref()
