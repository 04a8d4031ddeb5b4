/**
 * Starts the service in a process that reports its memory.
 */
import { commandOf, type Running, start } from "../process.ts"
import { serviceReady, serviceScript } from "../service.ts"

/** In MB. */
export interface Memory {
  readonly rss: number
  readonly heap: number
}

export interface MonitoredService extends Running {
  readonly memory: () => Memory
  /** The maximum since the last call. */
  readonly peak: () => Memory
}

// Preloaded into the unmodified service: a timer that reports its memory.
const memoryReporter = `data:text/javascript,${
  encodeURIComponent(
    "setInterval(()=>{const{rss,heapUsed}=process.memoryUsage();process.send?.({rss:rss/1e6,heap:heapUsed/1e6})},100)" +
      ".unref();process.channel?.unref()"
  )
}`

/** Raises the limit of open files to the hard limit. */
const unlimited = ["sh", "-c", "ulimit -n $(ulimit -Hn); exec \"$0\" \"$@\""] as const

export const startMonitored = async (env: Readonly<Record<string, string>>): Promise<MonitoredService> => {
  let now: Memory = { rss: 0, heap: 0 }
  let most = now
  const running = await start([...unlimited, ...commandOf(serviceScript, "--import", memoryReporter)], {
    env,
    ready: serviceReady,
    onMessage: (said) => {
      now = said as Memory
      most = { rss: Math.max(most.rss, now.rss), heap: Math.max(most.heap, now.heap) }
    }
  })
  return {
    ...running,
    memory: () => now,
    peak: () => {
      const peak = most
      most = now
      return peak
    }
  }
}
