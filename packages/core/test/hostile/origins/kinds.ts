/**
 * What a hostile web server is, and how one is made: they run in a process of their own (`originProcess.ts`), so that what
 * is measured here is ours alone.
 */
import type { Behaviour, Certificate } from "@posh/testing"
import type { Effect } from "effect"
import { createServer, type Server, type Socket } from "node:net"
import { createServer as createTlsServer, type TlsOptions, type TLSSocket } from "node:tls"
import type { FailureCode } from "../../../src/codes.ts"

export type Code = FailureCode

export interface HostileOrigin {
  readonly name: string
  /** More than one where the order of packets decides. */
  readonly codes: ReadonlyArray<Code>
  readonly generation?: "draft"
  /** Milliseconds of this thread's processor that it may cost; default {@link usualCostMs}. */
  readonly costMs?: number
  /** Answers over HTTP. */
  readonly behaviour?: Behaviour
  /** Or does as it likes, with a certificate that is in order. */
  readonly serve?: (identity: Identity) => Server
  /** The certificate that it shows, instead of one that is in order. */
  readonly certify?: (root: Certificate, domain: string) => Effect.Effect<Certificate>
}

export interface Identity {
  readonly cert: string
  readonly key: string
}

/** Far more than an honest document costs, so that a busy machine fails no test, and far less than harm. */
export const usualCostMs = 250
export const http = (name: string, code: Code | ReadonlyArray<Code>, behaviour: Behaviour): HostileOrigin => ({
  name,
  codes: [code].flat(),
  behaviour
})
export const draft = (name: string, code: Code, behaviour: Behaviour): HostileOrigin => ({
  ...http(name, code, behaviour),
  generation: "draft"
})
export const tcp = (
  name: string,
  code: Code | ReadonlyArray<Code>,
  onSocket: (socket: Socket) => void
): HostileOrigin => ({
  name,
  codes: [code].flat(),
  serve: () => createServer((socket) => onSocket(socket.on("error", () => undefined)))
})
/** Speaks TLS, and then what it likes once the request has come. */
export const tls = (
  name: string,
  code: Code | ReadonlyArray<Code>,
  onRequest: (socket: TLSSocket) => void,
  options: TlsOptions = {}
): HostileOrigin => ({
  name,
  codes: [code].flat(),
  serve: (identity) =>
    createTlsServer({ ...identity, ...options }, (socket) => {
      socket.on("error", () => undefined).once("data", () => onRequest(socket))
    }).on("tlsClientError", () => undefined)
})

export const endless = (name: string, code: Code | ReadonlyArray<Code>, first: string, chunk: string | Uint8Array) =>
  tls(name, code, (socket) => {
    socket.write(first)
    forever(socket, chunk)
  })
export const dribbled = (name: string, code: Code, first: string, rest: string) =>
  tls(name, code, (socket) => {
    socket.write(first)
    dribble(socket, Buffer.from(rest))
  })

export const forever = (socket: Socket, chunk: string | Uint8Array): void => {
  if (!socket.destroyed) socket.write(chunk, () => setImmediate(() => forever(socket, chunk)))
}

/** An octet at a time, with less in between than any one time-out. */
export const dribble = (socket: Socket, octets: Uint8Array, at = 0): void => {
  if (socket.destroyed || at === octets.length) return
  socket.write(octets.subarray(at, at + 1))
  setTimeout(() => dribble(socket, octets, at + 1), 40)
}

export const ok = "HTTP/1.1 200 OK\r\n"
export const json = `${ok}Content-Type: application/json\r\n`
export const chunked = `${json}Transfer-Encoding: chunked\r\n\r\n`
export const gzipped = `${json}Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n`
export const chunk = (octets: Uint8Array) =>
  Buffer.concat([Buffer.from(`${octets.length.toString(16)}\r\n`), octets, Buffer.from("\r\n")])
export const kibibytes = (count: number) => "x".repeat(count * 1_024)
