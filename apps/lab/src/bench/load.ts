/**
 * A closed-loop load over keep-alive connections: each sends its next request after the response to the last one. It uses
 * raw sockets and prepared octets, so that the generator is cheaper than the server.
 */
import { connect, type Socket } from "node:net"
import { postOctets } from "../postOctets.ts"
import { ascending, median, quantile } from "../quantile.ts"

export interface LoadOptions {
  readonly port: number
  readonly path: string
  readonly body: string
  readonly connections: number
  readonly seconds: number
  /** Every response must contain this text; otherwise the run fails. */
  readonly expect: string
}

export interface LoadResult {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

export const load = async (options: LoadOptions): Promise<LoadResult> => {
  const request = postOctets(options.path, options.body)
  const started = performance.now()
  const end = started + options.seconds * 1_000
  const latencies: Array<number> = []
  const sleep = stayAwake()
  try {
    await Promise.all(
      Array.from({ length: options.connections }, () => runConnection(options, request, end, latencies))
    )
  } finally {
    sleep()
  }
  const elapsed = (performance.now() - started) / 1_000
  const sorted = ascending(latencies)
  return { perSecond: sorted.length / elapsed, p50Ms: quantile(sorted, 0.5), p99Ms: quantile(sorted, 0.99) }
}

/**
 * Keeps the event loop busy. On one machine, the writer to a sleeping process pays for waking it. A generator that sleeps
 * would charge that to the slower of two servers, because it sleeps more often while it waits for that one.
 */
const stayAwake = (): () => void => {
  let isAwake = true
  const turn = (): void => {
    if (isAwake) setImmediate(turn)
  }
  turn()
  return () => {
    isAwake = false
  }
}

const runConnection = (options: LoadOptions, request: Buffer, end: number, latencies: Array<number>): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket: Socket = connect(options.port, "127.0.0.1")
    let received = ""
    let sentAt = 0
    const send = () => {
      sentAt = performance.now()
      socket.write(request)
    }
    socket.setNoDelay(true)
    socket.on("connect", send)
    socket.on("error", reject)
    socket.on("data", (chunk: Buffer) => {
      received += chunk.toString("latin1")
      const head = received.indexOf("\r\n\r\n")
      if (head < 0) return
      const length = Number(/content-length: (\d+)/i.exec(received.slice(0, head))?.[1] ?? Number.NaN)
      if (Number.isNaN(length)) return void reject(new Error(`no Content-Length: ${received.slice(0, head)}`))
      if (received.length < head + 4 + length) return
      if (!received.startsWith("HTTP/1.1 200") || !received.includes(options.expect)) {
        socket.destroy()
        return void reject(new Error(`unexpected answer: ${received}`))
      }
      received = ""
      const now = performance.now()
      latencies.push(now - sentAt)
      if (now < end) return send()
      socket.destroy()
      resolve()
    })
  })

export const perSecond = (results: ReadonlyArray<LoadResult>): string =>
  `${median(results.map((result) => result.perSecond)).toFixed(0)}/s, ` +
  `p50 ${median(results.map(({ p50Ms }) => p50Ms)).toFixed(2)} ms, ` +
  `p99 ${median(results.map(({ p99Ms }) => p99Ms)).toFixed(2)} ms`
