/** A web server of plain HTTP on loopback, as authorities have for the certificates of their CAs. */
import { Effect } from "effect"
import type { Scope } from "effect"
import { createServer } from "node:http"
import { listen } from "./listen.ts"

export interface PlainPage {
  /** Default 200. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** So many octets of the body are sent, and then nothing any more. */
  readonly stallAfter?: number
}

export interface PlainOrigin {
  readonly port: number
  /** `host path` of each request, in order. */
  readonly requests: ReadonlyArray<string>
  readonly set: (path: string, page: PlainPage) => void
}

/** Answers 404 for what has no page, of whichever host. */
export const makePlainOrigin: Effect.Effect<PlainOrigin, never, Scope.Scope> = Effect.suspend(() => {
  const pages = new Map<string, PlainPage>()
  const requests: Array<string> = []
  const server = createServer(({ headers, url = "" }, response) => {
    requests.push(`${headers.host} ${url}`)
    const { body = new Uint8Array(), headers: fields = {}, stallAfter, status = 200 } = pages.get(url) ??
      { status: 404 }
    response.writeHead(status, fields)
    if (stallAfter === undefined) response.end(body)
    else response.write(body.subarray(0, stallAfter))
  })
  return Effect.map(listen(server), (port) => ({ port, requests, set: (path, page) => void pages.set(path, page) }))
})
