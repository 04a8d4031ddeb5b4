/**
 * What is wrong with a response that is not HTTP (RFC 9112), in words: those of the parser, which are its own constants
 * and hold no text of the origin.
 */
import { errors } from "undici"
import { listMembers, withoutWhitespace } from "../fetch/fields.ts"

export const tooLargeHead = "the head is too large"

/** `undefined` if the error is none of the parser. `head` is what is known of the head, as it arrived. */
export const describeHttpFault = (error: NodeJS.ErrnoException, head: Uint8Array): string | undefined => {
  if (error instanceof errors.HTTPParserError) {
    return parserWord.exec(error.message)?.[1] ?? "the parser gives no reason"
  }
  if (error instanceof errors.HeadersOverflowError) return tooLargeHead
  // undici gives this in place of the parser's word wherever a length was read before.
  return isLengthFault(error) ? describeLengths(head) : undefined
}

/** Did the connection end before the body was complete? undici reports this as a fault of the parser. */
export const isCutOff = (error: Error): boolean =>
  isLengthFault(error) || parserWord.exec(error.message)?.[1] === endOfFile

const isLengthFault = (error: Error) => error instanceof errors.ResponseContentLengthMismatchError

const parserWord = /^Response does not match the HTTP\/1\.1 protocol \((.+)\)$/
const endOfFile = "Invalid EOF state"

/** The fields that say how long the body is, where the head is refused because of them (RFC 9112 §6.3). */
const describeLengths = (octets: Uint8Array): string => {
  const [head = ""] = Buffer.from(octets).toString("latin1").split(/\r?\n\r?\n/, 1)
  const fields = head.split("\n").map((line) => line.split(":"))
  const valuesOf = (field: string) =>
    fields.flatMap(([name = "", ...rest]) => name.toLowerCase() === field ? listMembers(rest.join(":")) : [])
  const lengths = valuesOf("content-length").map((value) => withoutWhitespace(value.replace("\r", "")))

  if (lengths.length > 1) {
    return `Content-Length is there ${lengths.length} times, with ${
      new Set(lengths).size === 1 ? "one value" : "different values"
    }`
  }
  if (lengths.some((length) => !/^\d{1,15}$/.test(length))) return "Content-Length is no number, or too large a one"
  if (valuesOf("transfer-encoding").length > 0) return "Content-Length and Transfer-Encoding are both there"
  return "a line after Content-Length is malformed"
}
