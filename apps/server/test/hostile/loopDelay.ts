/** Preloaded into a service: says on SIGUSR2 how long its event loop stood still at the most since the last time. */
import { monitorEventLoopDelay } from "node:perf_hooks"

const delay = monitorEventLoopDelay({ resolution: 5 })
delay.enable()
process.on("SIGUSR2", () => {
  process.stderr.write(`event loop ${(delay.max / 1e6).toFixed(0)} ms\n`)
  delay.reset()
})
