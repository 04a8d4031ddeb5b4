/**
 * The response of an origin to one request, as data. Five kinds cover every misbehaviour; `Behave` has constructors for
 * those that tests use.
 */
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib"

/** An ordinary HTTP response, framed by Node.js. */
export interface Response {
  readonly _tag: "Response"
  readonly status: number
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  readonly body: Uint8Array
  readonly delayMs: number
  /** Statuses of preceding 1xx responses. */
  readonly interim: ReadonlyArray<number>
}

/** Raw octets written to the socket, each step after a delay, and how the connection ends. */
export interface Raw {
  readonly _tag: "Raw"
  readonly steps: ReadonlyArray<{ readonly afterMs: number; readonly octets: Uint8Array }>
  readonly end: "close" | "reset" | "hold"
}

/** `head` once, then `chunk` without end, as fast as the client reads. */
export interface Endless {
  readonly _tag: "Endless"
  readonly head: string
  readonly chunk: string
}

/** A gzip body of `decoded` octets, compressed while it is sent. */
export interface GzipBomb {
  readonly _tag: "GzipBomb"
  readonly decoded: number
}

/** Behaviours for consecutive requests; the last repeats. */
export interface Sequence {
  readonly _tag: "Sequence"
  readonly behaviours: ReadonlyArray<Behaviour>
}

export type Behaviour = Response | Raw | Endless | GzipBomb | Sequence

/** `null` removes a default header. */
export type HeaderOptions = Readonly<Record<string, string | ReadonlyArray<string> | null>>

export interface ResponseOptions {
  readonly status?: number
  readonly headers?: HeaderOptions
  /** Milliseconds before the first octet of the response; default 0. */
  readonly delayMs?: number
}

const utf8 = (value: string): Uint8Array => Buffer.from(value, "utf8")
const stringify = (document: unknown): Uint8Array => utf8(JSON.stringify(document))
const toOctets = (body: unknown): Uint8Array => {
  if (body instanceof Uint8Array) return body
  return typeof body === "string" ? utf8(body) : stringify(body)
}

const JSON_TYPE = { "content-type": "application/json" }
const FRAMELESS = new Set([204, 304])

const respond = (body: Uint8Array, defaults: HeaderOptions, options: ResponseOptions = {}): Response => {
  const status = options.status ?? 200
  const framing: HeaderOptions = FRAMELESS.has(status) ? {} : { "content-length": String(body.length) }
  const given = Object.entries(options.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const)
  const headers = Object.entries({ ...defaults, ...framing, ...Object.fromEntries(given) })
  return {
    _tag: "Response",
    status,
    headers: headers.flatMap(([name, value]) =>
      value === null ? [] : [value].flat().map((single) => [name, single] as const)
    ),
    body,
    delayMs: options.delayMs ?? 0,
    interim: []
  }
}

const raw = (end: Raw["end"], ...parts: ReadonlyArray<string | Uint8Array>): Raw => ({
  _tag: "Raw",
  steps: parts.map((part) => ({ afterMs: 0, octets: toOctets(part) })),
  end
})

const head = (...lines: ReadonlyArray<string>) => `${lines.join("\r\n")}\r\n\r\n`
const OK = "HTTP/1.1 200 OK"
const TYPE = "Content-Type: application/json"

const encoders: Readonly<Record<string, (octets: Uint8Array) => Uint8Array>> = {
  gzip: gzipSync,
  "x-gzip": gzipSync,
  br: brotliCompressSync,
  deflate: deflateSync,
  zstd: zstdCompressSync
}

const encoded = (name: string, octets: Uint8Array, options?: ResponseOptions) =>
  respond(octets, { ...JSON_TYPE, "content-encoding": name }, options)

const firstHalf = (octets: Uint8Array) => octets.subarray(0, octets.length >> 1)

const corrupt = (octets: Uint8Array) => {
  const changed = new Set([octets.length >> 1, octets.length - 8])
  return octets.map((octet, index) => (changed.has(index) ? octet ^ 0xff : octet))
}

/** A document with some content to cut or corrupt. */
const SOME = { fingerprints: [{ "sha-256": "A".repeat(43) + "=" }], expires: 60 }

export const Behave = {
  json: (document: unknown, options?: ResponseOptions): Behaviour => respond(stringify(document), JSON_TYPE, options),
  /** Unchanged text, `application/json` by default: for JSON that `JSON.stringify` cannot write. */
  text: (body: string, options?: ResponseOptions): Behaviour => respond(utf8(body), JSON_TYPE, options),
  /** Unchanged octets, `application/json` by default. */
  bytes: (octets: Uint8Array, options?: ResponseOptions): Behaviour => respond(octets, JSON_TYPE, options),
  status: (status: number, headers: HeaderOptions = {}): Behaviour =>
    respond(new Uint8Array(), {}, { status, headers }),
  redirect: (location: string, status = 302, options: ResponseOptions = {}): Behaviour =>
    respond(new Uint8Array(), { location }, { ...options, status }),
  /** Exact octets, each part in a write of its own; text is Latin-1, one octet for each character. */
  octets: (...parts: ReadonlyArray<string | Uint8Array>): Behaviour => ({
    _tag: "Raw",
    steps: parts.map((part) => ({
      afterMs: 5,
      octets: typeof part === "string" ? Buffer.from(part, "latin1") : part
    })),
    end: "close"
  }),
  /** Exact header lines after the status line, then the body; then the connection closes. */
  headersRaw: (
    lines: ReadonlyArray<string>,
    { body = "", reason = "", status = 200 }: { status?: number; reason?: string; body?: string } = {}
  ): Behaviour => raw("close", head(`HTTP/1.1 ${status} ${reason}`, ...lines), body),
  /**
   * The status line at once, the rest of the head and the document after `ms`. For a late first octet see `delayMs`.
   */
  slowHeaders: (ms: number, document: unknown = SOME): Behaviour => ({
    _tag: "Raw",
    steps: [
      { afterMs: 0, octets: utf8(`${OK}\r\n`) },
      { afterMs: ms, octets: utf8(head(TYPE, "Connection: close") + JSON.stringify(document)) }
    ],
    end: "close"
  }),
  /** Never responds. */
  hang: raw("hold") as Behaviour,
  /** `total` octets, `chunk` at a time: white space, then `document`. */
  slowBody: (
    { chunk, document = SOME, everyMs, total }: { chunk: number; everyMs: number; total: number; document?: unknown }
  ): Behaviour => {
    const body = utf8(JSON.stringify(document).padStart(total))
    const count = Math.ceil(body.length / chunk)
    return {
      _tag: "Raw",
      steps: [
        { afterMs: 0, octets: utf8(head(OK, TYPE, `Content-Length: ${body.length}`)) },
        ...Array.from({ length: count }, (_, index) => ({
          afterMs: everyMs,
          octets: body.subarray(index * chunk, (index + 1) * chunk)
        }))
      ],
      end: "close"
    }
  },
  endlessBody: {
    _tag: "Endless",
    head: head(OK, TYPE, "Transfer-Encoding: chunked"),
    chunk: `4000\r\n${" ".repeat(0x4000)}\r\n`
  } as Behaviour,
  endlessHeaders: { _tag: "Endless", head: `${OK}\r\n`, chunk: `X-Filler: ${"x".repeat(1000)}\r\n` } as Behaviour,
  /** Declares `declared` octets and closes after `sent` (a number of octets, or a text). */
  truncated: ({ declared, sent }: { declared: number; sent: number | string }): Behaviour =>
    raw("close", head(OK, TYPE, `Content-Length: ${declared}`), typeof sent === "number" ? " ".repeat(sent) : sent),
  /** The whole document in one chunk, without the last chunk that ends a body. */
  truncatedChunked: raw(
    "close",
    head(OK, TYPE, "Transfer-Encoding: chunked"),
    `${stringify(SOME).length.toString(16)}\r\n`,
    stringify(SOME),
    "\r\n"
  ) as Behaviour,
  gzip: (document: unknown, options?: ResponseOptions): Behaviour =>
    encoded("gzip", gzipSync(stringify(document)), options),
  /** `decoded` octets of white space, with `{}` at the end. */
  gzipBomb: (decoded: number): Behaviour => ({ _tag: "GzipBomb", decoded }),
  /** A wrong checksum, and a changed octet in the middle. */
  gzipCorrupt: encoded("gzip", corrupt(gzipSync(stringify(SOME)))) as Behaviour,
  /** The first half of a gzip stream, with a Content-Length that fits the half. */
  gzipTruncated: encoded("gzip", firstHalf(gzipSync(stringify(SOME)))) as Behaviour,
  /** Encoded if Node.js can (br, deflate, gzip, zstd); unchanged under any other name. */
  encoding: (name: string, body: unknown): Behaviour => {
    const octets = toOctets(body)
    return encoded(name, encoders[name]?.(octets) ?? octets)
  },
  resetAfterRequest: raw("reset") as Behaviour,
  /** Closes without a response. */
  closeAfterRequest: raw("close") as Behaviour,
  garbage: raw("close", "\u0000\u0001 this is no HTTP \u0002\r\n\r\n") as Behaviour,
  switching101: raw(
    "hold",
    head("HTTP/1.1 101 Switching Protocols", "Connection: Upgrade", "Upgrade: posh")
  ) as Behaviour,
  interim: (document: unknown, statuses: ReadonlyArray<number> = [100, 103], options?: ResponseOptions): Behaviour => ({
    ...respond(stringify(document), JSON_TYPE, options),
    interim: statuses
  }),
  retryAfter: (status: number, when: number | Date): Behaviour =>
    respond(new Uint8Array(), {}, {
      status,
      headers: { "retry-after": typeof when === "number" ? String(when) : when.toUTCString() }
    }),
  sequence: (behaviours: ReadonlyArray<Behaviour>): Behaviour => ({ _tag: "Sequence", behaviours }),
  age: (document: unknown, seconds: number): Behaviour =>
    respond(stringify(document), JSON_TYPE, { headers: { age: String(seconds) } }),
  /** `base` with one more member, so that `depth` containers are nested, the outermost object included. */
  deepJson: (depth: number, base: Readonly<Record<string, unknown>> = {}): Behaviour => {
    const members = JSON.stringify(base).slice(1, -1)
    const inner = "[".repeat(depth - 1) + "]".repeat(depth - 1)
    return respond(utf8(`{${members}${members === "" ? "" : ","}"deep":${inner === "" ? "0" : inner}}`), JSON_TYPE)
  }
}
