/** Opens connections that are slow, idle or pipelined, or sends large headers. */
import type { Attack } from "../Attack.ts"
import { askAgain, bearer, counter, keep, post, pour, trickle } from "../connections.ts"

export const slowLoris: Attack = {
  title: "Slow-loris",
  description: "1,000 connections, half with a header and half with a body that never ends, one octet a second",
  unit: "connections",
  run: ({ key, port }, signal, scale) =>
    keep(port, 1_000 * scale, signal, (socket, done, index) => {
      const body = done.length === 0 && socket.localPort !== undefined && socket.localPort % 2 === 0
      socket.write(`POST /v1/verify HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n${bearer(key)}`)
      if (body) socket.write("Content-Length: 900000\r\n\r\n")
      trickle(() => body ? "x" : "X-a: b\r\n")(socket, done, index)
    })
}

const next = counter()

export const headers: Attack = {
  title: "Header floods",
  description:
    "40 connections with headers of 4,000 lines, of one line of a megabyte, and of 16 KiB just within the bound",
  unit: "requests",
  run: ({ key, port }, signal, scale) =>
    keep(port, 40 * scale, signal, (socket, done, index) => {
      const floods = ["a:\r\n".repeat(4_000), `a: ${"b".repeat(1_000_000)}\r\n`, `a: ${"b".repeat(15_000)}\r\n`]
      socket.on("end", () => socket.destroy())
      askAgain(() => Buffer.from(`GET /v1/verify HTTP/1.1\r\nHost: a\r\n${bearer(key)}${floods[next() % 3]}\r\n`))(
        socket,
        done,
        index
      )
    })
}

export const pipelining: Attack = {
  title: "Pipelining",
  description: "40 connections that write requests for a large document and questions without waiting for any answer",
  unit: "connections",
  run: ({ key, port, question }, signal, scale) =>
    keep(port, 40 * scale, signal, (socket, done) => {
      done()
      socket.resume()
      const documents = "GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n".repeat(1_000)
      const questions = Array.from({ length: 100 }, () => post(key, "/v1/verify", question))
      pour(Buffer.concat([Buffer.from(documents), ...questions]))(socket)
    })
}

export const idle: Attack = {
  title: "Idle connections",
  description: "10,000 connections that say nothing, or nothing more after one request",
  unit: "connections",
  run: ({ port }, signal, scale) =>
    keep(port, 10_000 * scale, signal, (socket, done) => {
      done()
      socket.resume()
      if ((socket.localPort ?? 0) % 2 === 0) socket.write("GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n")
    })
}
