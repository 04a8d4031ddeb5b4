/**
 * Values that several messages share.
 */
import { type MessageInitShape, protoInt64 } from "@bufbuild/protobuf"
import type { TimestampSchema } from "@bufbuild/protobuf/wkt"

/** `instant`: as JSON has it. */
export const toTimestamp = (instant: string): MessageInitShape<typeof TimestampSchema> => {
  const milliseconds = Date.parse(instant)
  const seconds = Math.floor(milliseconds / 1_000)
  return { seconds: protoInt64.parse(seconds), nanos: (milliseconds - seconds * 1_000) * 1_000_000 }
}

/** A whole number as 64 bits. */
export const toInt64 = (value: number): bigint => protoInt64.parse(value)

/** `text`: base64. */
export const toOctets = (text: string): Uint8Array => Buffer.from(text, "base64")

/** The value under another type, where there is one. */
export const mapped = <A, B>(value: A | undefined, map: (value: A) => B): B | undefined =>
  value === undefined ? undefined : map(value)
