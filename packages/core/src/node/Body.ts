/**
 * Reads a response body as a stream, and stops as soon as its decoded form is too large (POSH-RES-47, POSH-RES-48).
 */
import { Result } from "effect"
import { createGunzip } from "node:zlib"
import { type Head, headerValues } from "../fetch/Fetcher.ts"
import { toToken, withoutWhitespace } from "../fetch/fields.ts"

export type BodyFault = "BodyTooLarge" | "BodyTruncated" | "UnsupportedContentEncoding"

export interface BodyReader {
  readonly write: (octets: Uint8Array) => void
  readonly end: () => void
  /** Releases the decoder. */
  readonly close: () => void
}

/**
 * Makes a reader for the body of a response with this head.
 *
 * **Details**
 *
 * `done` may be called more than once; the first call counts. It is called before anything is written if the head alone
 * decides.
 */
export const makeBodyReader = (
  head: Head,
  limit: number,
  done: (body: Result.Result<Uint8Array, BodyFault>) => void
): BodyReader => {
  const codings = contentCodings(head)
  if (codings.length === 0) return readIdentity(head, limit, done)
  if (codings.length === 1 && gzipNames.has(codings[0] ?? "")) return readGzip(limit, done)
  done(Result.fail("UnsupportedContentEncoding"))
  return ignore
}

type Done = Parameters<typeof makeBodyReader>[2]

const gzipNames = new Set(["gzip", "x-gzip"]) // RFC 9110 §8.4.1.3

/** The content codings, without `identity`. */
const contentCodings = (head: Head): ReadonlyArray<string> =>
  headerValues(head, "content-encoding")
    .flatMap((value) => value.split(","))
    .map(withoutWhitespace)
    .filter((coding) => coding !== "")
    .map((coding) => toToken(coding) ?? unknownCoding)
    .filter((coding) => coding !== "identity")

/** Stands for a value that is not a token: no known coding. */
const unknownCoding = "?"

const ignore: BodyReader = { write: () => undefined, end: () => undefined, close: () => undefined }

const readIdentity = (head: Head, limit: number, done: Done): BodyReader => {
  const declared = headerValues(head, "content-length")[0]
  if (declared === undefined || Number(declared) <= limit) return collect(limit, done)
  done(Result.fail("BodyTooLarge"))
  return ignore
}

/** Copies each chunk: a body may arrive octet by octet, and a chunk keeps its whole network buffer alive. */
const collect = (limit: number, done: Done): BodyReader => {
  const held: { octets: Buffer; length: number } = { octets: Buffer.alloc(0), length: 0 }
  return {
    write: (octets) => {
      const length = held.length + octets.length
      if (length > limit) return done(Result.fail("BodyTooLarge"))
      if (length > held.octets.length) held.octets = enlarged(held.octets, Math.min(limit, 2 * length))
      held.octets.set(octets, held.length)
      held.length = length
    },
    end: () => done(Result.succeed(held.octets.subarray(0, held.length))),
    close: () => undefined
  }
}

const enlarged = (octets: Buffer, size: number): Buffer => {
  const larger = Buffer.alloc(size)
  larger.set(octets)
  return larger
}

/** Octets by which a gzip stream may exceed the limit of its document: empty blocks could make it endless. */
const gzipOverheadOctets = 1_024

const readGzip = (limit: number, done: Done): BodyReader => {
  const decoded = collect(limit, done)
  const coded = { octets: 0 }
  const gunzip = createGunzip()
    .on("data", decoded.write)
    .on("end", decoded.end)
    .on("error", () => done(Result.fail("BodyTruncated"))) // corrupt or cut off (requirements §8.1)
  return {
    write: (octets) => {
      coded.octets += octets.length
      if (coded.octets > limit + gzipOverheadOctets) done(Result.fail("BodyTooLarge"))
      else gunzip.write(octets)
    },
    end: () => void gunzip.end(),
    close: () => void gunzip.destroy()
  }
}
