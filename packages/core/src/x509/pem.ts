/**
 * Decodes certificates from text: PEM (RFC 7468 §5), or the base64 of one certificate.
 */
import { Result } from "effect"
import { decodeBase64 } from "../encoding/base64.ts"
import { quote } from "../encoding/quote.ts"
import { documentLimits, questionLimits } from "../Limits.ts"

/** Why the text is refused, for a person. Never quotes the contents of a block (POSH-SEC-03). */
export interface PemFault {
  readonly detail: string
}

/**
 * Decodes the certificates in a text, in order; at least one.
 *
 * **Details**
 *
 * PEM may have several blocks, with any text between them; reading stops one block after `questionLimits.chain`. A
 * block has only base64 and line ends. WHETHER THE OCTETS ARE CERTIFICATES IS NOT CHECKED.
 */
export const parsePemOrBase64 = (text: string): Result.Result<ReadonlyArray<Uint8Array>, PemFault> => {
  if (privateKey.test(text)) {
    return fail("the text holds a private key; send certificates alone, and consider that key compromised")
  }
  return text.includes(begin) ? parseBlocks(text) : Result.map(decode(text, "the text"), (octets) => [octets])
}

/** One PEM block. */
export interface PemBlock {
  /** From BEGIN to END. */
  readonly text: string
  /** `undefined` if BEGIN is not alone on its line, or its label is invalid. */
  readonly label: string | undefined
  /** The text between BEGIN and END; `undefined` if END is missing. */
  readonly body: string | undefined
}

/** Scans a text for PEM blocks of any label, in order. Stops after an incomplete block. */
export function* scanPem(text: string): Generator<PemBlock> {
  for (let from = text.indexOf(begin); from >= 0;) {
    marker.lastIndex = from
    const [head = "", label] = marker.exec(text) ?? []
    const bodyAt = from + head.length
    const end = `-----END ${label}-----`
    const endAt = label === undefined ? -1 : text.indexOf(end, bodyAt)
    if (endAt < 0) return yield { text: text.slice(from), label, body: undefined }
    yield { text: text.slice(from, endAt + end.length), label, body: text.slice(bodyAt, endAt) }
    from = text.indexOf(begin, endAt + end.length)
  }
}

const begin = "-----BEGIN "
const marker = /-----BEGIN ([\x20-\x2c\x2e-\x7e]{0,64})-----[ \t]*(?=[\r\n])/y
const privateKey = /-----BEGIN [A-Z0-9 ]{0,64}PRIVATE KEY/

const parseBlocks = (text: string): Result.Result<ReadonlyArray<Uint8Array>, PemFault> => {
  const certificates: Array<Uint8Array> = []
  for (const { body, label } of scanPem(text)) {
    const block = `PEM block ${certificates.length + 1}`
    if (label === undefined) return fail(`${block} has no BEGIN line of its own`)
    if (label !== "CERTIFICATE") return fail(`${block} is "${quote(label)}", not CERTIFICATE`)
    if (body === undefined) return fail(`${block} has no END line`)
    const octets = decode(body.replace(lineEnds, ""), block)
    if (Result.isFailure(octets)) return Result.fail(octets.failure)
    certificates.push(octets.success)
    if (certificates.length > questionLimits.chain) break
  }
  return Result.succeed(certificates)
}

const lineEnds = /[\r\n]+/g
const maxCharacters = Math.ceil(documentLimits.certificateOctets / 3) * 4

const decode = (text: string, what: string): Result.Result<Uint8Array, PemFault> => {
  if (text === "") return fail(`${what} is empty`)
  if (text.length > maxCharacters) return fail(`${what} is longer than a certificate of 32 KiB`)
  const octets = decodeBase64(text)
  return octets === undefined ? fail(`${what} is not strict base64`) : Result.succeed(octets)
}

const fail = (detail: string) => Result.fail({ detail })
