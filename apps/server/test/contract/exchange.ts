/**
 * Requests as they are written, and whole replies.
 */
import { Effect } from "effect"
import { request } from "node:http"
import { gunzipSync } from "node:zlib"
import { exchange } from "../http/limits/raw.ts"

export interface Asked {
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

export interface Reply {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The first reply on a connection of its own. */
export const ask = (baseUrl: string, { body, headers = {}, method, path }: Asked): Effect.Effect<Reply> =>
  Effect.callback<Reply>((resume) => {
    const { hostname, port } = new URL(baseUrl)
    const outgoing = request({ hostname, port, method, path, headers, agent: false }, (response) => {
      const chunks: Array<Buffer> = []
      response.on("data", (chunk: Buffer) => chunks.push(chunk))
      response.on("end", () => {
        const octets = Buffer.concat(chunks)
        const replied = response.headers as Record<string, string>
        resume(Effect.succeed({
          status: response.statusCode ?? 0,
          headers: replied,
          body: (replied["content-encoding"] === "gzip" ? gunzipSync(octets) : octets).toString("utf8")
        }))
        outgoing.destroy()
      })
    })
    outgoing.on("error", (cause) => resume(Effect.die(cause)))
    // Of a length that is announced and never sent, the head is a request already.
    if (headers["content-length"] === undefined) outgoing.end(body)
    else outgoing.flushHeaders()
  })

/** The last reply to octets, after which the service closes. */
export const askOctets = (baseUrl: string, octets: string): Effect.Effect<Reply> =>
  Effect.map(Effect.orDie(exchange(baseUrl, octets, { withinMs: 30_000 })), ({ text }) => {
    const last = text.slice(text.lastIndexOf("HTTP/1.1 "))
    const [head = "", body = ""] = last.split("\r\n\r\n", 2)
    const [line = "", ...fields] = head.split("\r\n")
    return {
      status: Number(line.split(" ")[1]),
      headers: Object.fromEntries(
        fields.map((field) => [field.slice(0, field.indexOf(":")).toLowerCase(), field.slice(field.indexOf(":") + 2)])
      ),
      body
    }
  })
