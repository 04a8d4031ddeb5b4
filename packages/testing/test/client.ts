/** A plain Node client that tells what it saw: an answer, or the code of what went wrong. */
import { Effect } from "effect"
import { request as httpRequest } from "node:http"
import type { IncomingMessage, RequestOptions } from "node:http"
import { request as httpsRequest } from "node:https"
import type { Origins } from "../src/index.ts"

export interface Seen {
  readonly status?: number
  readonly headers: ReadonlyArray<string>
  readonly body: string
  readonly octets: number
  readonly firstMs: number
  readonly informed: ReadonlyArray<number>
  readonly altNames?: string
  /** The code of an error, OpenSSL's reason, or what this client did not put up with; absent after a whole answer. */
  readonly fault?: string
}

export interface Asking {
  readonly timeoutMs?: number
  readonly maxOctets?: number
  readonly plain?: boolean
}

/** The port that `connectTo` names for a host. */
export const portOf = (origins: Origins, host: string): number => {
  const entries = new Map(
    origins.connectTo.split(",").map((entry) => {
      const [from = "", to = ""] = entry.split("=")
      return [from, Number(to.split(":")[1])] as const
    })
  )
  return entries.get(`${host}:443`) ?? entries.get(":443") ?? 0
}

// OpenSSL's words rather than Node's code: the code is `EPROTO` or `ERR_SSL_…` as timing has it.
const codeOf = (error: NodeJS.ErrnoException): string =>
  /SSL routines:[^:]*:([^:]*):/.exec(error.message)?.[1] ?? error.code ?? error.message

export const ask = (
  origins: Origins,
  host: string,
  path = "/",
  { maxOctets = 1 << 20, plain = false, timeoutMs = 5_000 }: Asking = {}
): Effect.Effect<Seen> =>
  Effect.callback<Seen>((resume) => {
    const started = performance.now()
    const chunks: Array<Buffer> = []
    const informed: Array<number> = []
    const state: { message?: IncomingMessage; firstMs: number; altNames?: string } = { firstMs: 0 }
    const finish = (fault?: string) => {
      clearTimeout(timer)
      request.destroy()
      const octets = Buffer.concat(chunks)
      const { altNames, firstMs, message } = state
      resume(Effect.succeed({
        ...(message?.statusCode === undefined ? {} : { status: message.statusCode }),
        headers: message?.rawHeaders ?? [],
        body: octets.subarray(0, 4096).toString("latin1"),
        octets: octets.length,
        firstMs,
        informed,
        ...(altNames === undefined ? {} : { altNames }),
        ...(fault === undefined ? {} : { fault })
      }))
    }
    const options: RequestOptions = {
      host: "127.0.0.1",
      port: portOf(origins, host),
      path,
      headers: { host },
      agent: false
    }
    const request = plain
      ? httpRequest(options)
      : httpsRequest({ ...options, servername: host, ca: origins.caPem })
    const timer = setTimeout(() => finish("timeout"), timeoutMs)
    request.on("socket", (socket) =>
      socket.once("secureConnect", () => {
        if ("getPeerCertificate" in socket && typeof socket.getPeerCertificate === "function") {
          state.altNames = socket.getPeerCertificate().subjectaltname
        }
      }))
    request.on("information", ({ statusCode }) => informed.push(statusCode))
    request.on("upgrade", (message) => {
      state.message = message
      finish("upgrade")
    })
    request.on("error", (error) => finish(codeOf(error)))
    request.on("response", (message) => {
      state.message = message
      state.firstMs = performance.now() - started
      message.on("data", (chunk: Buffer) => {
        chunks.push(chunk)
        if (Buffer.concat(chunks).length > maxOctets) finish("too large")
      })
      message.on("error", (error) => finish(codeOf(error)))
      message.on("end", () => finish(message.complete ? undefined : "truncated"))
    })
    request.end()
  })
