/** One request over a keep-alive connection. */
import { Effect } from "effect"
import { Agent } from "node:http"
import { exchange, type Reply } from "../exchange.ts"

const agent = new Agent({ keepAlive: true, maxSockets: 64 })
/** Idle time-out in milliseconds. */
const patienceMs = 20_000

export const request = (port: number, method: string, path: string, body = ""): Effect.Effect<Reply> =>
  Effect.promise((signal) => exchange({ agent, port, method, path, body, patienceMs, signal }))
