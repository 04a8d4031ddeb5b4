/**
 * A body as text, within a limit of octets. The caller limits the time.
 */
import { Effect, Result } from "effect"
import { type RequestFault, toFault } from "./faults.ts"

export const readBody = (response: Response, limit: number): Effect.Effect<string, RequestFault> =>
  Effect.gen(function*() {
    // Of the encoded body; what counts is counted below, after decoding.
    if (Number(response.headers.get("content-length") ?? 0) > limit) return yield* Effect.fail(toFault("BodyTooLarge"))
    if (response.body === null) return ""
    const reader = response.body.getReader()
    const chunks: Array<Uint8Array> = []
    let octets = 0
    while (true) {
      const { done, value } = yield* Effect.tryPromise({ try: () => reader.read(), catch: () => toFault("Truncated") })
      if (done) break
      octets += value.length
      if (octets > limit) return yield* Effect.fail(toFault("BodyTooLarge"))
      if (value.length > 0) chunks.push(value)
    }
    return yield* Effect.fromResult(decode(chunks, octets))
  })

const decode = (chunks: ReadonlyArray<Uint8Array>, octets: number): Result.Result<string, RequestFault> => {
  const whole = new Uint8Array(octets)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return Result.try({
    try: () => new TextDecoder("utf-8", { fatal: true }).decode(whole),
    catch: () => toFault("InvalidBody")
  })
}
