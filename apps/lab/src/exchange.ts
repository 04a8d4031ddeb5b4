/** One HTTP request to a service, and its answer. */
import { request, type RequestOptions } from "node:http"

export interface Reply {
  /** 0 if there was no response. */
  readonly status: number
  /** The error message if there was no response. */
  readonly body: string
}

export interface ExchangeOptions extends RequestOptions {
  readonly port: number
  readonly path: string
  /** JSON. Default: no body. */
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Idle time-out in milliseconds. Default: none. */
  readonly patienceMs?: number
  /** Retry once if a kept-alive connection turns out to be closed, as clients do. Default false. */
  readonly retryStale?: boolean
}

/** Never rejects. After `signal` there is no response. */
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
