/**
 * Reads files of the operator, whose paths are in variables.
 */
import { Effect } from "effect"
import { constants } from "node:fs"
import { type FileHandle, open } from "node:fs/promises"

/**
 * `limit`: octets. The error gives the reason and no content of the file.
 *
 * **Gotchas**
 *
 * Only a regular file is read: a named pipe would be waited for without end, and its content is gone when it is read again.
 */
export const readText = (path: string, limit: number): Effect.Effect<string, string> =>
  Effect.tryPromise({
    // Without O_NONBLOCK, opening a named pipe waits for a writer.
    try: () => open(path, constants.O_RDONLY | constants.O_NONBLOCK).then((file) => collect(file, limit)),
    catch: (cause) => `cannot read ${path} (${cause instanceof Error ? cause.message : "?"})`
  })

const collect = (file: FileHandle, limit: number): Promise<string> =>
  file.stat().then((found) => {
    if (found.isDirectory()) throw new Error("it is a directory")
    if (!found.isFile()) throw new Error("it is not a regular file")
    if (found.size > limit) throw tooLarge(limit)
    return fill(file, limit)
  }).finally(() => file.close())

/** The file may grow, and the size of some (`/proc`) is 0: the limit counts what is read. */
const fill = (file: FileHandle, limit: number): Promise<string> => {
  const octets = Buffer.allocUnsafe(Math.min(limit, chunkOctets))
  const chunks: Array<Buffer> = []
  const next = (read: number): Promise<string> =>
    file.read(octets, 0, octets.length).then(({ bytesRead }) => {
      if (bytesRead === 0) return Buffer.concat(chunks).toString("utf8")
      if (read + bytesRead > limit) throw tooLarge(limit)
      chunks.push(Buffer.from(octets.subarray(0, bytesRead)))
      return next(read + bytesRead)
    })
  return next(0)
}

const chunkOctets = 64 * 1024

const tooLarge = (limit: number) => new Error(`it is larger than ${limit} octets`)
