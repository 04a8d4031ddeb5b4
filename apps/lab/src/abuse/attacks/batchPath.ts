/** Sends bodies that never end to other spellings of the batch path. */
import { Effect } from "effect"
import type { Attack } from "../Attack.ts"
import { bearer, keep } from "../connections.ts"

const targets = ["/v1/verify/%62atch", "http://x/v1/verify/batch", "/v1/%76erify/batch", "/v1/verify/batch"]
const mebibyte = 1_048_576
/** Below the body limit of a batch. */
const mebibytes = 31

export const batchPath: Attack = {
  title: "Other spellings of the batch path",
  description:
    `40 connections with chunked bodies of ${mebibytes} MiB that do not end, for the path of batches, percent-encoded, ` +
    "as a whole URL, and as it is",
  unit: "bodies begun",
  run: ({ key, port }, signal, scale) =>
    keep(port, Math.max(20, 40 * scale), signal, (socket, done, index) => {
      done()
      socket.resume()
      socket.write(
        `POST ${targets[index % targets.length]} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n` +
          `Content-Type: application/json\r\n${bearer(key)}\r\n`
      )
      const chunk = Buffer.from(`${mebibyte.toString(16)}\r\n${" ".repeat(mebibyte)}\r\n`)
      let left = mebibytes
      const write = () => {
        while (left > 0 && !socket.destroyed) {
          left -= 1
          if (!socket.write(chunk)) return
        }
      }
      socket.on("drain", write)
      write()
    }),
  // The service itself, 64 MiB of bodies for one caller, and a copy while their chunks are joined.
  scene: () => Effect.succeed({ bounds: { rss: 500, health: 1_000 } })
}
