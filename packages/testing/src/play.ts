/** Plays a `Behaviour` as the response to a request. */
import type { ServerResponse } from "node:http"
import type { Socket } from "node:net"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { createGzip } from "node:zlib"
import type { Behaviour, Endless, GzipBomb, Raw, Response, Sequence } from "./Behaviour.ts"

export interface Exchange {
  readonly response: ServerResponse
  /** The socket of the client's HTTP, with TLS or without. */
  readonly socket: Socket
  /** The TCP connection below: only this can be reset. */
  readonly tcp: Socket
  /** How many requests each sequence has answered. */
  readonly played: WeakMap<Sequence, number>
}

export const play = (behaviour: Behaviour, exchange: Exchange): void => {
  switch (behaviour._tag) {
    case "Response":
      return later(behaviour.delayMs, exchange, () => answer(behaviour, exchange))
    case "Raw":
      return step(behaviour, 0, exchange)
    case "Endless":
      exchange.socket.write(behaviour.head)
      return endless(behaviour, exchange)
    case "GzipBomb":
      return bomb(behaviour, exchange)
    case "Sequence":
      return next(behaviour, exchange)
  }
}

const later = (ms: number, { socket }: Exchange, then: () => void): void => {
  if (ms === 0) return then()
  // A pending response keeps no process alive, and is not sent if the client has disconnected.
  setTimeout(() => socket.destroyed || then(), ms).unref()
}

const answer = ({ body, headers, interim, status }: Response, { response, socket }: Exchange): void => {
  for (const early of interim) socket.write(`HTTP/1.1 ${early} Interim\r\nX-Interim: yes\r\n\r\n`)
  response.writeHead(status, headers.flat())
  response.end(body)
}

const step = (behaviour: Raw, index: number, exchange: Exchange): void => {
  const current = behaviour.steps[index]
  if (current === undefined) return finish(behaviour.end, exchange)
  later(current.afterMs, exchange, () => {
    exchange.socket.write(current.octets)
    step(behaviour, index + 1, exchange)
  })
}

const finish = (end: Raw["end"], { socket, tcp }: Exchange): void => {
  if (end === "close") socket.end()
  if (end === "reset") tcp.resetAndDestroy()
}

const endless = (behaviour: Endless, exchange: Exchange): void => {
  if (exchange.socket.destroyed) return
  // One write at a time: backpressure sets the pace, and the event loop is not blocked.
  exchange.socket.write(behaviour.chunk, () => setImmediate(() => endless(behaviour, exchange)))
}

const MEBIBYTE = Buffer.alloc(1 << 20, " ")

function* spaces(count: number): Generator<Uint8Array> {
  for (let left = count - 2; left > 0; left -= MEBIBYTE.length) yield MEBIBYTE.subarray(0, Math.min(left, 1 << 20))
  yield Buffer.from("{}")
}

const bomb = ({ decoded }: GzipBomb, { response }: Exchange): void => {
  response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" })
  // Clients are expected to disconnect early.
  pipeline(Readable.from(spaces(decoded)), createGzip({ level: 9 }), response).catch(() => undefined)
}

const next = (behaviour: Sequence, exchange: Exchange): void => {
  const count = exchange.played.get(behaviour) ?? 0
  exchange.played.set(behaviour, count + 1)
  const current = behaviour.behaviours[Math.min(count, behaviour.behaviours.length - 1)]
  if (current !== undefined) play(current, exchange)
}
