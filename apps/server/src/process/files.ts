/**
 * Reads files of the operator, whose paths are in variables.
 */
import { Effect } from "effect"
import { createReadStream } from "node:fs"

/** `limit`: octets. The error gives the reason and no content of the file. */
export const readText = (path: string, limit: number): Effect.Effect<string, string> =>
  Effect.tryPromise({
    try: () => collect(path, limit),
    catch: (cause) => `cannot read ${path} (${cause instanceof Error ? cause.message : "?"})`
  })

const collect = (path: string, limit: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const chunks: Array<Buffer> = []
    let octets = 0
    const stream = createReadStream(path)
    stream.on("data", (chunk) => {
      octets += chunk.length
      chunks.push(Buffer.from(chunk))
      if (octets > limit) stream.destroy(new Error(`it is larger than ${limit} octets`))
    })
    stream.on("error", reject)
    stream.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")))
  })
