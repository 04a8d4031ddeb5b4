/** One HTTP request to a service, and its answer. */
import { request, type RequestOptions } from "node:http"

export interface Reply {
  /** 0 where there was no answer. */
  readonly status: number
  /** Why, where there was no answer. */
  readonly body: string
}

export interface ExchangeOptions extends RequestOptions {
  readonly port: number
  readonly path: string
  /** JSON. Default: no body. */
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Milliseconds without a sign of the other side, after which there is no answer. Default: no bound. */
  readonly patienceMs?: number
  /** Whether a request on a kept connection that the service had closed is sent once more, as clients do. Default: no. */
  readonly retryStale?: boolean
}

/** Aborted by `signal`, it has no answer. */
export const exchange = (options: ExchangeOptions): Promise<Reply> =>
  new Promise((resolve) => {
    const { body = "", headers, patienceMs, retryStale, ...rest } = options
    const fail = ({ message }: Error) => resolve({ status: 0, body: message })
    const sent = request({
      host: "127.0.0.1",
      ...rest,
      headers: {
        ...headers,
        ...(body === "" ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) })
      }
    }, (response) => {
      const chunks: Array<Buffer> = []
      response.on("data", (chunk: Buffer) => chunks.push(chunk)).on("error", fail)
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }))
    })
    sent.on("error", (error) =>
      retryStale === true && sent.reusedSocket
        ? resolve(exchange({ ...options, retryStale: false }))
        : fail(error))
    if (patienceMs !== undefined) sent.setTimeout(patienceMs, () => sent.destroy(new Error("no answer")))
    sent.end(body)
  })
