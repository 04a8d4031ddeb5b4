/** Sends bodies that are too large or malformed. */
import type { Attack } from "../Attack.ts"
import { askAgain, bearer, counter, keep, post, pour } from "../connections.ts"

export const oversized: Attack = {
  title: "Oversized bodies",
  description:
    "40 connections that announce 10 GB, chunk without end, or send batches of 31 MB, as fast as they are read",
  unit: "bodies begun",
  run: ({ key, port }, signal, scale) =>
    keep(port, 40 * scale, signal, (socket, done) => {
      done()
      socket.resume()
      const heads = [
        "POST /v1/verify HTTP/1.1\r\nContent-Length: 10000000000\r\n",
        "POST /v1/verify HTTP/1.1\r\nTransfer-Encoding: chunked\r\n",
        "POST /v1/verify/batch HTTP/1.1\r\nContent-Length: 31000000\r\n",
        "POST /v1/verify/batch HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"
      ]
      const kind = (socket.localPort ?? 0) % 4
      socket.write(`${heads[kind]}Host: a\r\nContent-Type: application/json\r\n${bearer(key)}\r\n`)
      const octets = "[".repeat(65_536)
      pour(Buffer.from(kind % 2 === 1 ? `10000\r\n${octets}\r\n` : octets))(socket)
    })
}

const bodies: ReadonlyArray<string | Buffer> = [
  "",
  "{",
  "\u0000",
  `${"[".repeat(100_000)}${"]".repeat(100_000)}`,
  Buffer.from([0x22, 0xff, 0xfe, 0x22]),
  JSON.stringify({ domain: "x".repeat(500_000), service: "xmpp-server", certificate: "MII" }),
  JSON.stringify({ domain: "hosted.example", service: "xmpp-server", certificate: "A".repeat(900_000) }),
  `{"__proto__":{"valid":true},"domain":1,"service":[],"certificate":{}}`
]

const next = counter()

export const malformed: Attack = {
  title: "Malformed bodies",
  description:
    "40 connections with what is no JSON, no UTF-8, no question, 100,000 levels deep, or a megabyte of nothing",
  unit: "requests",
  run: ({ key, port }, signal, scale) =>
    keep(port, 40 * scale, signal, askAgain(() => post(key, "/v1/verify", bodies[next() % bodies.length] ?? "")))
}
