/**
 * The frame of stored text: a version and a digest of the rest, so that truncated or corrupted text is refused before it is
 * decoded.
 *
 * The digest has no key: IT DOES NOT PROTECT AGAINST A WRITER OF THE STORE. Stores seal their entries for that.
 */
import { hash } from "node:crypto"

/** Maximum of characters of an entry. A document of 256 KiB with all its findings has fewer. */
const longest = 1024 * 1024

/** Encodes a JSON object as JSON text that begins with version and digest. */
export const wrap = (body: object): string => {
  const rest = JSON.stringify(body).slice(1)
  return `${head}${digest(rest)}",${rest}`
}

/** The JSON text of the body; `undefined` for text that {@link wrap} did not write. */
export const unwrap = (text: string): string | undefined => {
  if (text.length > longest || !text.startsWith(head) || !text.startsWith("\",", bodyAt - 2)) return undefined
  const rest = text.slice(bodyAt)
  // The digest is over UTF-8, which cannot encode lone surrogates.
  return text.isWellFormed() && digest(rest) === text.slice(head.length, bodyAt - 2) ? `{${rest}` : undefined
}

const head = `{"v":1,"sha256":"`
const digestCharacters = 44
const bodyAt = head.length + digestCharacters + 2

const digest = (text: string): string => hash("sha256", text, "base64")
