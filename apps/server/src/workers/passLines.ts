/**
 * Passes the output of a worker on in whole lines. Several processes that write to one pipe themselves would tear the lines
 * of each other as soon as one is longer than the system writes at once (PIPE_BUF, 4 KiB).
 */
import type { Readable, Writable } from "node:stream"

/** Octets of a line that does not end; it is torn then. A line of the log has some kilobytes at the most. */
const longestLine = 1024 * 1024

/** Waits where the reader of `to` does, so that the worker drops lines as a service of one process would. */
export const passLines = (from: Readable, to: Writable): void => {
  const held = { chunks: [] as Array<Buffer>, octets: 0 }
  const hold = (chunk: Buffer) => {
    held.chunks.push(chunk)
    held.octets += chunk.length
  }
  const release = (): Buffer => {
    const all = Buffer.concat(held.chunks)
    Object.assign(held, { chunks: [], octets: 0 })
    return all
  }
  const write = (octets: Buffer) => {
    if (to.write(octets)) return
    from.pause()
    to.once("drain", () => from.resume())
  }
  from.on("data", (chunk: Buffer) => {
    const end = chunk.lastIndexOf(lineFeed) + 1
    if (end > 0) {
      hold(chunk.subarray(0, end))
      write(release())
    }
    if (end < chunk.length) hold(chunk.subarray(end))
    if (held.octets > longestLine) write(endLine(release()))
  })
  from.on("end", () => {
    if (held.octets > 0) write(endLine(release()))
  })
}

const lineFeed = 0x0a

const endLine = (octets: Buffer): Buffer => Buffer.concat([octets, Buffer.of(lineFeed)])
