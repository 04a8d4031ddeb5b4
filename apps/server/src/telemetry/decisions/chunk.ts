/**
 * Drafts → octets, many lines at a time. The buffer is reused: allocating one per chunk would be more expensive than
 * filling it.
 */
import { type Draft, toLine } from "./record.ts"

export interface Chunk {
  readonly lines: number
  /** Valid until the next chunk is filled. */
  readonly octets: Uint8Array
}

/** Writes as many of the first `most` drafts as fit into the buffer; at least one, if there is any. */
export type Fill = (drafts: ReadonlyArray<Draft>, most: number) => Chunk

/** `octets`: initial size of the buffer. It grows if a single line needs more. */
export const makeFill = (octets: number): Fill => {
  let room = Buffer.allocUnsafeSlow(octets)
  return (drafts, most) => {
    let lines = 0
    let used = 0
    for (const draft of drafts) {
      if (lines === most) break
      const { head, middle, tail } = toLine(draft)
      const length = head.length + middle.length + tail.length
      if (used + length > room.length) {
        if (lines > 0) break
        room = Buffer.allocUnsafeSlow(length)
      }
      room.write(head, used, "latin1")
      room.set(middle, used + head.length)
      room.write(tail, used + head.length + middle.length, "latin1")
      used += length
      lines += 1
    }
    return { lines, octets: room.subarray(0, used) }
  }
}
