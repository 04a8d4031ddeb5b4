/**
 * Reads a body that is short, which is the usual one.
 */
import type { ServerHttp2Stream } from "node:http2"
import { callerBounds } from "../../service/limits/bounds.ts"

export interface ReadBody {
  readonly octets: Buffer
  /** There is no more. */
  readonly isWhole: boolean
}

/** Calls back with all of it, or with what has been read by when it is no longer short. Not where the stream closes before. */
export const readShort = (stream: ServerHttp2Stream, done: (body: ReadBody) => void): void => {
  const chunks: Array<Buffer> = []
  let length = 0
  const finish = (isWhole: boolean) => {
    stream.off("data", onData).off("end", onEnd)
    const [first] = chunks
    done({ octets: first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks, length), isWhole })
  }
  const onEnd = () => finish(true)
  const onData = (chunk: Buffer) => {
    chunks.push(chunk)
    length += chunk.length
    if (length <= callerBounds.smallBody) return
    stream.pause()
    finish(false)
  }
  stream.on("data", onData).on("end", onEnd)
}
