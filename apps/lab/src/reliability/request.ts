/** One request over a kept connection. */
import { Effect } from "effect"
import { Agent, request as send } from "node:http"

export interface Reply {
  /** 0 where there was no answer. */
  readonly status: number
  readonly body: string
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 })
/** Milliseconds after which nothing is expected any more. */
const patienceMs = 20_000

export const request = (port: number, method: string, path: string, body = ""): Effect.Effect<Reply> =>
  Effect.callback((resume) => {
    const done = (reply: Reply) => resume(Effect.succeed(reply))
    const failed = (error: Error) => done({ status: 0, body: error.message })
    const headers = body === ""
      ? {}
      : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }
    const sent = send({ agent, port, host: "127.0.0.1", method, path, headers }, (response) => {
      const chunks: Array<Buffer> = []
      response.on("data", (chunk: Buffer) => chunks.push(chunk)).on("error", failed)
      response.on("end", () => done({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }))
    })
    sent.on("error", failed).setTimeout(patienceMs, () => sent.destroy(new Error("no answer")))
    sent.end(body)
    return Effect.sync(() => sent.destroy())
  })
