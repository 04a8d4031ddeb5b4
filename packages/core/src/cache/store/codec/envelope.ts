/**
 * The frame of what is stored: a version, and a digest of the rest, so that text that was cut, mixed up or damaged is
 * refused before anything in it counts.
 *
 * The digest is no secret: WHO CAN WRITE TO THE STORE CAN WRITE A DIGEST TOO. Against that, stores seal their entries.
 */
import { hash } from "node:crypto"

/** Characters of an entry at most. Documents of 256 KiB with all their findings stay below. */
const longest = 1024 * 1024

/** A JSON object as JSON text with version and digest in front. */
export const wrap = (body: object): string => {
  const rest = JSON.stringify(body).slice(1)
  return `${head}${digest(rest)}",${rest}`
}

/** The JSON text of the body, or `undefined` where this is nothing that {@link wrap} wrote. */
export const unwrap = (text: string): string | undefined => {
  if (text.length > longest || !text.startsWith(head) || !text.startsWith("\",", bodyAt - 2)) return undefined
  const rest = text.slice(bodyAt)
  // A digest is over octets, and lone surrogates have none of their own.
  return text.isWellFormed() && digest(rest) === text.slice(head.length, bodyAt - 2) ? `{${rest}` : undefined
}

const head = `{"v":1,"sha256":"`
const digestCharacters = 44
const bodyAt = head.length + digestCharacters + 2

const digest = (text: string): string => hash("sha256", text, "base64")
