/**
 * Bodies in gzip, within the limit of the decoded size: inflating stops where that is exceeded, whatever the ratio.
 */
import { type Problem, problem } from "@posh/api"
import { Effect } from "effect"
import { gunzip } from "node:zlib"
import { tooLarge } from "../../service/limits/refusals.ts"

/** The coding of a body. `x-gzip` is gzip (RFC 9110 §8.4.1.3). */
export type Coding = "identity" | "gzip"

/** `undefined` if the coding is not supported. */
export const codingOf = (contentEncoding: string | undefined): Coding | undefined =>
  codings.get(
    (contentEncoding ?? "identity").trim().toLowerCase()
  )

const codings: ReadonlyMap<string, Coding> = new Map([["identity", "identity"], ["gzip", "gzip"], ["x-gzip", "gzip"]])

/** Runs outside of the event loop. `limit`: octets. */
export const inflate = (octets: Buffer, limit: number): Effect.Effect<Buffer, Problem> =>
  Effect.callback((resume) => {
    gunzip(
      octets,
      { maxOutputLength: limit, chunkSize: 64 * 1_024 },
      (error: NodeJS.ErrnoException | null, decoded) => {
        if (error === null) return resume(Effect.succeed(decoded))
        resume(Effect.fail(error.code === "ERR_BUFFER_TOO_LARGE" ? tooLarge(limit) : notGzip))
      }
    )
  })

const notGzip = problem("InvalidRequest", "The body is not gzip, or not all of it.")
