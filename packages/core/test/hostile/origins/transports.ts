/** Slow, endless, and cut off: what a web server can do to a connection. */
import { Behave } from "@posh/testing"
import { randomBytes } from "node:crypto"
import { connect, createServer, type Server } from "node:net"
import { createServer as createTlsServer } from "node:tls"
import {
  chunk,
  chunked,
  dribble,
  dribbled,
  endless,
  forever,
  type HostileOrigin,
  http,
  type Identity,
  json,
  kibibytes,
  ok,
  tcp,
  tls
} from "./kinds.ts"

/** Hands everything on between a client and a server behind, the server's octets one at a time. */
const dribblingTls = (identity: Identity): Server => {
  const behind = createTlsServer(identity).listen(0, "127.0.0.1")
  return createServer((socket) => {
    const address = behind.address()
    const back = connect(typeof address === "object" && address !== null ? address.port : 0, "127.0.0.1")
    const held: { octets: Buffer } = { octets: Buffer.alloc(0) }
    back.once("data", (octets) => {
      held.octets = octets
      dribble(socket, held.octets)
    })
    socket.on("error", () => undefined).pipe(back.on("error", () => undefined))
    socket.once("close", () => back.destroy())
  }).once("close", () => behind.close())
}

/** A TLS record as it stands on the wire. */
const record = (type: number, body: Uint8Array) =>
  Buffer.concat([Uint8Array.of(type, 3, 3, body.length >> 8, body.length & 0xff), body])

const slow: ReadonlyArray<HostileOrigin> = [
  tcp("accepts and is silent", "ConnectTimeout", () => undefined),
  { name: "dribbles its handshake", codes: ["ConnectTimeout"], serve: dribblingTls },
  http("takes the request and is silent", "ResponseTimeout", Behave.hang),
  dribbled("dribbles its status line", "ResponseTimeout", "", `${ok}Content-Length: 0\r\n\r\n`),
  dribbled("dribbles its head", "ResponseTimeout", ok, `X-Filler: ${kibibytes(1)}`),
  dribbled("dribbles its body", "ResponseTimeout", `${json}Content-Length: 1000\r\n\r\n`, " ".repeat(1_000)),
  dribbled("dribbles its chunks", "ResponseTimeout", chunked, "1\r\n \r\n".repeat(1_000)),
  dribbled("dribbles interim answers", "ResponseTimeout", "", "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(100))
]

const flooding: ReadonlyArray<HostileOrigin> = [
  tcp("floods before any handshake", "TlsHandshakeFailed", (socket) => forever(socket, randomBytes(16_384))),
  tcp(
    "floods with empty records",
    ["TlsHandshakeFailed", "ConnectTimeout"],
    (socket) => forever(socket, Buffer.concat(Array.from({ length: 500 }, () => record(22, new Uint8Array()))))
  ),
  tcp("floods with warnings", "TlsHandshakeFailed", (socket) =>
    forever(
      socket,
      Buffer.concat(Array.from({ length: 500 }, () => record(21, Uint8Array.of(1, 90))))
    )),
  tcp(
    "floods with changes of the cipher",
    ["TlsHandshakeFailed", "ConnectTimeout"],
    (socket) => forever(socket, Buffer.concat(Array.from({ length: 500 }, () => record(20, Uint8Array.of(1)))))
  ),
  tcp("announces a hello of 16 MiB", ["TlsHandshakeFailed", "ConnectTimeout"], (socket) => {
    socket.write(record(22, Uint8Array.of(2, 0xff, 0xff, 0xff, 3, 3)))
    forever(socket, record(22, Buffer.alloc(16_000)))
  }),
  endless("endless status line", "HttpProtocolError", "HTTP/1.1 200 ", kibibytes(16)),
  endless("endless field name", "HttpProtocolError", ok, kibibytes(16)),
  endless("endless field value", "HttpProtocolError", `${ok}X: `, kibibytes(16)),
  endless("endless fields", "HttpProtocolError", ok, `X: ${"x".repeat(100)}\r\n`.repeat(100)),
  endless("endless empty fields", "HttpProtocolError", ok, "a:\r\n".repeat(4_000)),
  endless("endless blank lines", "HttpProtocolError", "", "\r\n".repeat(8_000)),
  endless("endless folded field", "HttpProtocolError", `${ok}X: x\r\n`, " x\r\n".repeat(4_000)),
  endless("endless early hints", "HttpProtocolError", "", "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(500)),
  endless("endless continues", "HttpProtocolError", "", "HTTP/1.1 100 Continue\r\n\r\n".repeat(500)),
  endless("endless body until the end", "BodyTooLarge", `${json}\r\n`, kibibytes(64)),
  endless("endless body in chunks", "BodyTooLarge", chunked, chunk(Buffer.from(kibibytes(64)))),
  endless("endless chunk size", "BodyTooLarge", chunked, "0".repeat(16_384)),
  endless("endless chunk extension", "BodyTooLarge", `${chunked}1;x=`, kibibytes(16)),
  endless(
    "endless chunk extensions",
    ["BodyTooLarge", "HttpProtocolError"],
    chunked,
    `1;${kibibytes(1)}\r\n \r\n`.repeat(16)
  ),
  endless(
    "endless trailers",
    ["BodyTooLarge", "HttpProtocolError"],
    `${chunked}2\r\n{}\r\n0\r\n`,
    "X: x\r\n".repeat(2_000)
  ),
  endless(
    "a body of 10^30 octets",
    ["BodyTooLarge", "HttpProtocolError"],
    `${json}Content-Length: ${"9".repeat(30)}\r\n\r\n`,
    kibibytes(16)
  ),
  endless("a body of 8 TiB", "BodyTooLarge", `${json}Content-Length: ${2 ** 43}\r\n\r\n`, kibibytes(16)),
  { ...endless("octet by octet", "BodyTooLarge", chunked, "1\r\n \r\n".repeat(4_000)), generation: "draft" }
]

/** Two parsers would read these differently. */
const framing: ReadonlyArray<HostileOrigin> = [
  http(
    "two lengths",
    "HttpProtocolError",
    Behave.headersRaw(["Content-Length: 2", "Content-Length: 3"], { body: "{}x" })
  ),
  http(
    "a length and chunks",
    "HttpProtocolError",
    Behave.headersRaw(["Content-Length: 2", "Transfer-Encoding: chunked"], { body: "2\r\n{}\r\n0\r\n\r\n" })
  ),
  http("a negative length", "HttpProtocolError", Behave.headersRaw(["Content-Length: -1"], { body: "{}" })),
  http("a length in hexadecimal", "HttpProtocolError", Behave.headersRaw(["Content-Length: 0x2"], { body: "{}" })),
  http(
    "chunks of a negative size",
    "HttpProtocolError",
    Behave.headersRaw(["Transfer-Encoding: chunked"], { body: "-2\r\n{}\r\n0\r\n\r\n" })
  ),
  http(
    "chunks that overflow",
    "HttpProtocolError",
    Behave.headersRaw(["Transfer-Encoding: chunked"], { body: `${"f".repeat(17)}\r\n{}` })
  ),
  tls(
    "HTTP/2 without being asked",
    "HttpProtocolError",
    (socket) => void socket.write(Buffer.from("000000040000000000", "hex"))
  ),
  http("an upgrade", "HttpProtocolError", Behave.switching101)
]

const endsOfTls: ReadonlyArray<HostileOrigin> = [
  tls("cut off in a body of known length", "BodyTruncated", (socket) => {
    socket.write(`${json}Content-Length: 100\r\n\r\n{"fing`, () => socket.destroy())
  }),
  tls("cut off in a chunk", "BodyTruncated", (socket) => {
    socket.write(`${chunked}64\r\n{"fing`, () => socket.destroy())
  }),
  tls("cut off between chunks", "BodyTruncated", (socket) => {
    socket.write(`${chunked}2\r\n{}\r\n`, () => socket.destroy())
  }),
  tls("cut off in a body until the end", ["InvalidJson", "BodyTruncated"], (socket) => {
    socket.write(`${json}\r\n{"fing`, () => socket.destroy())
  }),
  tls("cut off in the head", ["HttpProtocolError", "ConnectionReset"], (socket) => {
    socket.write(`${ok}Content-Le`, () => socket.destroy())
  }),
  ...[false, true].map((answers) =>
    tls(
      `asks for another handshake, and ${answers ? "answers" : "waits for it"}`,
      answers ? "NotPublished" : ["ResponseTimeout", "ConnectionReset"],
      (socket) => {
        socket.renegotiate({}, () => undefined)
        if (answers) socket.write("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
      },
      { maxVersion: "TLSv1.2" }
    )
  )
]

export const hostileTransports = [...slow, ...flooding, ...framing, ...endsOfTls]
