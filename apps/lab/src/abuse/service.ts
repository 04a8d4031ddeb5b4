/**
 * The service as it is deployed, in a process that tells how much memory it uses.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { listeningPort } from "../process.ts"

/** In MB. */
export interface Memory {
  readonly rss: number
  readonly heap: number
}

export interface Attacked {
  readonly port: number
  readonly memory: () => Memory
  /** The most since this was last called. */
  readonly peak: () => Memory
  /** Has it not ended by itself? */
  readonly isAlive: () => boolean
  readonly stop: () => Promise<void>
}

// As many open files as the machine lets it have; the service itself is unchanged, beside it a timer tells of memory.
const telling = `data:text/javascript,${
  encodeURIComponent(
    "setInterval(()=>{const{rss,heapUsed}=process.memoryUsage();process.send?.({rss:rss/1e6,heap:heapUsed/1e6})},100)" +
      ".unref();process.channel?.unref()"
  )
}`

export const startAttacked = async (env: Readonly<Record<string, string>>): Promise<Attacked> => {
  const main = fileURLToPath(new URL("../../../server/src/main.ts", import.meta.url))
  const child = spawn("sh", [
    "-c",
    `ulimit -n $(ulimit -Hn); exec "$0" --import "$1" "$2"`,
    process.execPath,
    telling,
    main
  ], {
    env: { PATH: process.env["PATH"] ?? "", ...env },
    stdio: ["ignore", "pipe", "inherit", "ipc"]
  })
  let now: Memory = { rss: 0, heap: 0 }
  let most = now
  child.on("message", (said) => {
    now = said as Memory
    most = { rss: Math.max(most.rss, now.rss), heap: Math.max(most.heap, now.heap) }
  })
  const port = await listeningPort(child)
  return {
    port,
    memory: () => now,
    peak: () => {
      const peak = most
      most = now
      return peak
    },
    isAlive: () => child.exitCode === null && child.signalCode === null,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, "exit")
      child.kill("SIGTERM")
      await ended
    }
  }
}
