/**
 * Responses in gzip for who accepts it.
 */
import { Effect } from "effect"
import { HttpServerRequest, HttpServerResponse } from "effect/http"
import { gzip, gzipSync } from "node:zlib"
import { acceptsGzip } from "../accept.ts"

/** One text in both forms. */
interface Forms {
  readonly plain: HttpServerResponse.HttpServerResponse
  readonly compressed: HttpServerResponse.HttpServerResponse
}

/** A text that never changes: made, and compressed, once. */
export const compressedOnce = (
  make: () => string,
  contentType: string,
  headers: Readonly<Record<string, string>>
): Effect.Effect<HttpServerResponse.HttpServerResponse, never, HttpServerRequest.HttpServerRequest> => {
  const forms = Effect.runSync(Effect.cached(Effect.sync((): Forms => {
    const text = make()
    return toForms(text, gzipSync(text), contentType, headers)
  })))
  return Effect.flatMap(forms, choose)
}

/**
 * Responses of a text that changes. Compressed outside of the event loop, if it is wanted, and once while it stays the same:
 * who needs no key must not make the service compress as often as it likes.
 */
export const makeCompressed = (contentType: string) => {
  let last: { readonly text: string; readonly octets: Buffer } | undefined
  const octetsOf = (text: string): Effect.Effect<Buffer> =>
    Effect.suspend(() =>
      last?.text === text
        ? Effect.succeed(last.octets)
        : Effect.tap(deflate(text), (octets) => Effect.sync(() => last = { text, octets }))
    )
  return (text: string) =>
    HttpServerRequest.HttpServerRequest.use(({ headers }) =>
      acceptsGzip(headers["accept-encoding"])
        ? Effect.map(octetsOf(text), (octets) => toForms(text, octets, contentType, {}).compressed)
        : Effect.succeed(HttpServerResponse.text(text, { contentType, headers: vary }))
    )
}

const deflate = (text: string): Effect.Effect<Buffer> =>
  Effect.callback((resume) =>
    gzip(text, { level: 1 }, (error, octets) => resume(error === null ? Effect.succeed(octets) : Effect.die(error)))
  )

const toForms = (
  text: string,
  octets: Buffer,
  contentType: string,
  headers: Readonly<Record<string, string>>
): Forms => ({
  plain: HttpServerResponse.text(text, { contentType, headers: { ...headers, ...vary } }),
  compressed: HttpServerResponse.uint8Array(octets, {
    contentType,
    headers: { ...headers, ...vary, "content-encoding": "gzip" }
  })
})

/** Caches keep both forms apart (RFC 9110 §12.5.5). */
const vary = { vary: "Accept-Encoding" }

const choose = ({ compressed: octets, plain }: Forms) =>
  HttpServerRequest.HttpServerRequest.use(({ headers }) =>
    Effect.succeed(acceptsGzip(headers["accept-encoding"]) ? octets : plain)
  )
