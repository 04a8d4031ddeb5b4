/**
 * Hostile callers. Each opens connections from a loopback address of its own, goes on until it is told to stop, and says
 * what it did. Bounded in connections and in time.
 */
import { connect, type Socket } from "node:net"

export interface Target {
  readonly port: number
  /** A question whose answer is remembered, as JSON. */
  readonly question: string
  /** Of the attacker: a caller that was let in, and turned hostile. */
  readonly key: string
}

export interface Attack {
  readonly title: string
  /** What it does, for people. */
  readonly what: string
  /** Resolves when the signal has come; with the number of things done, which are `things`. */
  readonly run: (target: Target, signal: AbortSignal, scale: number) => Promise<number>
  readonly things: string
}

const attacker = "127.0.0.2"

/** What goes on over one connection, again and again: it ends when the connection does. */
type Script = (socket: Socket, done: () => void) => void

/** Keeps so many connections busy; whichever ends is opened again. */
const keep = async (port: number, connections: number, signal: AbortSignal, script: Script): Promise<number> => {
  let done = 0
  const sockets = new Set<Socket>()
  signal.addEventListener("abort", () => sockets.forEach((socket) => socket.destroy()))
  await Promise.all(Array.from({ length: connections }, async (_, index) => {
    await new Promise((resolve) => setTimeout(resolve, index / 20)) // opened one after the other
    while (!signal.aborted) {
      await new Promise<void>((resolve) => {
        const socket = connect({ port, host: "127.0.0.1", localAddress: attacker })
        sockets.add(socket)
        socket.on("error", () => {})
        socket.once("close", () => {
          sockets.delete(socket)
          resolve()
        })
        socket.once("connect", () => script(socket, () => void (done += 1)))
      })
      await new Promise((resolve) => setTimeout(resolve, 20)) // a refused connection is not tried in a tight loop
    }
  }))
  return done
}

const bearer = (key: string) => `Authorization: Bearer ${key}\r\n`

const post = (key: string, path: string, body: string | Buffer) =>
  Buffer.concat([
    Buffer.from(
      `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${bearer(key)}` +
        `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`
    ),
    Buffer.from(body)
  ])

/** Sends the next request when something came back for the last one. */
const askAgain = (next: () => Buffer): Script => (socket, done) => {
  const send = () => {
    done()
    socket.write(next())
  }
  socket.on("data", send)
  send()
}

const trickle = (octets: () => string): Script => (socket, done) => {
  done()
  const timer = setInterval(() => socket.write(octets()), 1_000)
  socket.once("close", () => clearInterval(timer))
  socket.resume()
}

/** Writes as fast as the other side reads. */
const pour = (chunk: Buffer): Script => (socket) => {
  const write = () => {
    while (!socket.destroyed && socket.write(chunk)) { /* until the other side is full */ }
  }
  socket.on("drain", write)
  write()
}

let serial = 0
const fresh = () =>
  `{"domain":"d${process.pid}x${(serial += 1)}.example","service":"xmpp-server","fingerprint":` +
  `{"sha-256":"${"0".repeat(64)}"},"deadlineMs":1000}`

const malformed: ReadonlyArray<string | Buffer> = [
  "",
  "{",
  "\u0000",
  `${"[".repeat(100_000)}${"]".repeat(100_000)}`,
  Buffer.from([0x22, 0xff, 0xfe, 0x22]),
  JSON.stringify({ domain: "x".repeat(500_000), service: "xmpp-server", certificate: "MII" }),
  JSON.stringify({ domain: "hosted.example", service: "xmpp-server", certificate: "A".repeat(900_000) }),
  `{"__proto__":{"valid":true},"domain":1,"service":[],"certificate":{}}`
]

export const attacks = {
  slowLoris: {
    title: "Slow-loris",
    what: "1,000 connections, half with a header and half with a body that never ends, one octet a second",
    things: "connections",
    run: ({ key, port }, signal, scale) =>
      keep(port, 1_000 * scale, signal, (socket, done) => {
        const body = done.length === 0 && socket.localPort !== undefined && socket.localPort % 2 === 0
        socket.write(`POST /v1/verify HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${bearer(key)}`)
        if (body) socket.write("Content-Length: 900000\r\n\r\n")
        trickle(() => body ? "x" : "X-a: b\r\n")(socket, done)
      })
  },
  oversized: {
    title: "Oversized bodies",
    what: "40 connections that announce 10 GB, chunk without end, or send batches of 31 MB, as fast as they are read",
    things: "bodies begun",
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
        socket.write(`${heads[kind]}Host: localhost\r\nContent-Type: application/json\r\n${bearer(key)}\r\n`)
        const octets = "[".repeat(65_536)
        pour(Buffer.from(kind % 2 === 1 ? `10000\r\n${octets}\r\n` : octets))(socket, done)
      })
  },
  malformed: {
    title: "Malformed bodies",
    what: "40 connections with what is no JSON, no UTF-8, no question, 100,000 levels deep, or a megabyte of nothing",
    things: "requests",
    run: ({ key, port }, signal, scale) =>
      keep(
        port,
        40 * scale,
        signal,
        askAgain(() => post(key, "/v1/verify", malformed[(serial += 1) % malformed.length] ?? ""))
      )
  },
  headers: {
    title: "Header floods",
    what: "40 connections with headers of 4,000 lines, of one line of a megabyte, and of 16 KiB just within the bound",
    things: "requests",
    run: ({ key, port }, signal, scale) =>
      keep(port, 40 * scale, signal, (socket, done) => {
        const floods = ["a:\r\n".repeat(4_000), `a: ${"b".repeat(1_000_000)}\r\n`, `a: ${"b".repeat(15_000)}\r\n`]
        socket.on("end", () => socket.destroy())
        askAgain(() =>
          Buffer.from(`GET /v1/verify HTTP/1.1\r\nHost: localhost\r\n${bearer(key)}${floods[(serial += 1) % 3]}\r\n`)
        )(
          socket,
          done
        )
      })
  },
  pipelining: {
    title: "Pipelining",
    what: "40 connections that write requests for a large document and questions without waiting for any answer",
    things: "connections",
    run: ({ key, port, question }, signal, scale) =>
      keep(port, 40 * scale, signal, (socket, done) => {
        done()
        socket.resume()
        const documents = "GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(1_000)
        pour(
          Buffer.concat([
            Buffer.from(documents),
            ...Array.from({ length: 100 }, () => post(key, "/v1/verify", question))
          ])
        )(
          socket,
          done
        )
      })
  },
  idle: {
    title: "Idle connections",
    what: "10,000 connections that say nothing, or nothing more after one request",
    things: "connections",
    run: ({ port }, signal, scale) =>
      keep(port, 10_000 * scale, signal, (socket, done) => {
        done()
        socket.resume()
        if ((socket.localPort ?? 0) % 2 === 0) socket.write("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
      })
  },
  neverReading: {
    title: "Answers not taken",
    what: "200 connections that ask batch after batch of 1,000 known questions with evidence, and read no answer",
    things: "batches",
    run: ({ key, port, question }, signal, scale) => {
      const asked = JSON.stringify({ ...JSON.parse(question), explain: true })
      const batch = post(key, "/v1/verify/batch", `{"requests":[${Array.from({ length: 1_000 }, () => asked).join()}]}`)
      return keep(port, 200 * scale, signal, (socket, done) => {
        socket.pause()
        const timer = setInterval(() => socket.writableLength === 0 && (done(), socket.write(batch)), 100)
        socket.once("close", () => clearInterval(timer))
      })
    }
  },
  domains: {
    title: "Distinct domains",
    what: "100 connections that ask about ever new domains, none of which publishes anything",
    things: "questions",
    run: ({ key, port }, signal, scale) =>
      keep(port, 100 * scale, signal, askAgain(() => post(key, "/v1/verify", fresh())))
  },
  batches: {
    title: "Batches of distinct domains",
    what: "8 connections that ask batch after batch of 1,000 new domains",
    things: "batches",
    run: ({ key, port }, signal, scale) =>
      keep(
        port,
        Math.max(1, 8 * scale),
        signal,
        (socket, done) => {
          const send = () => {
            done()
            socket.write(post(key, "/v1/verify/batch", `{"requests":[${Array.from({ length: 1_000 }, fresh).join()}]}`))
          }
          socket.on("data", (chunk: Buffer) => chunk.includes("HTTP/1.1 ") && setTimeout(send, 50))
          send()
        }
      )
  },
  keys: {
    title: "Guessed keys",
    what: "100 connections that show made-up keys, a new one each time",
    things: "requests",
    run: ({ port, question }, signal, scale) =>
      keep(
        port,
        100 * scale,
        signal,
        askAgain(() => post(`posh_${String(serial += 1).padStart(43, "x")}`, "/v1/verify", question))
      )
  }
} as const satisfies Record<string, Attack>

export type AttackName = keyof typeof attacks
