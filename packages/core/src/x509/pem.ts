/**
 * Decodes certificates from the text of a caller: PEM, read as the lax parsers of RFC 7468 §3 do, or the base64 of one
 * certificate (POSH-REQ-10). Documents of domains are strict and do not come here (POSH-FMT-09).
 */
import { Result } from "effect"
import { decodeBase64Shared } from "../encoding/base64.ts"
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
 * White space does not count, except in labels; text around blocks and blocks of a few other kinds are skipped. Reading
 * stops one block after `questionLimits.chain`. WHETHER THE OCTETS ARE CERTIFICATES IS NOT CHECKED. They may share memory
 * with others: copy what is kept.
 */
export const parsePemOrBase64 = (text: string): Result.Result<ReadonlyArray<Uint8Array>, PemFault> => {
  if (text.includes("PRIVATE") && privateKey.test(text)) {
    return fail("the text holds a private key; send certificates alone, and consider that key compromised")
  }
  if (text.includes(begin)) return parseBlocks(text)
  const base64 = text.startsWith("\ufeff") ? text.slice(1) : text
  return Result.map(decode(base64, "the text", "neither PEM nor the base64 of a DER certificate"), (octets) => [octets])
}

/**
 * The octets of the usual text: one block of strict base64 (RFC 7468 §3), and at most a line feed after it. `undefined` for
 * any other, which {@link parsePemOrBase64} reads at three times the cost.
 */
export const readUsualPem = (text: string): Uint8Array | undefined => {
  const end = text.startsWith(usualBegin) ? text.indexOf(usualEnd, usualBegin.length) : -1
  if (end < 0 || text.length - end - usualEnd.length > 1) return undefined
  const base64 = text.slice(usualBegin.length, end).replaceAll("\n", "")
  return base64 === "" || base64.length > maxCharacters || !isFeed(text[end + usualEnd.length])
    ? undefined
    : decodeBase64Shared(base64)
}

const usualBegin = "-----BEGIN CERTIFICATE-----\n"
const usualEnd = "\n-----END CERTIFICATE-----"

const isFeed = (character: string | undefined): boolean => character === undefined || character === "\n"

/** One PEM block. */
export interface PemBlock {
  /** From BEGIN to END. */
  readonly text: string
  /** `undefined` if it is invalid. */
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
const marker = /-----BEGIN ([\x20-\x2c\x2e-\x7e]{0,64})-----/y
// Blanks may be URL-encoded.
const privateKey = /BEGIN(?:[ +]|%20)(?:[A-Z0-9 +]|%20){0,64}PRIVATE(?:[ +]|%20)KEY/

const parseBlocks = (text: string): Result.Result<ReadonlyArray<Uint8Array>, PemFault> => {
  const certificates: Array<Uint8Array> = []
  const skipped: Array<string> = []
  for (const { body, label } of scanPem(text)) {
    const block = `PEM block ${certificates.length + skipped.length + 1}`
    if (label === undefined) return fail(`${block} has no whole BEGIN line`)
    if (body === undefined) return fail(`${block} has no END line`)
    if (skippedLabels.test(label)) {
      skipped.push(label)
      continue
    }
    if (!certificateLabels.has(label)) return fail(`${block} is "${quote(label)}", not CERTIFICATE`)
    const octets = decode(body, block, "not base64")
    if (Result.isFailure(octets)) return Result.fail(octets.failure)
    certificates.push(octets.success)
    if (certificates.length > questionLimits.chain) break
  }
  const [other = ""] = skipped
  return certificates.length === 0
    ? fail(`the text holds no certificate, only "${quote(other)}"`)
    : Result.succeed(certificates)
}

/** RFC 7468 §5.2 */
const certificateLabels: ReadonlySet<string> = new Set(["CERTIFICATE", "X509 CERTIFICATE", "X.509 CERTIFICATE"])

// What tools write beside certificates. All else is refused: it could hold the leaf, and the next block would be taken
// for it (TRUSTED CERTIFICATE, PKCS7, CMS).
const skippedLabels = /(?:^| )(?:PARAMETERS|PUBLIC KEY|CERTIFICATE REQUEST|CRL)$/

const whiteSpace = /[ \t\r\n\v\f]+/g
const maxCharacters = Math.ceil(documentLimits.certificateOctets / 3) * 4

const decode = (text: string, what: string, isNot: string): Result.Result<Uint8Array, PemFault> => {
  const base64 = text.replace(whiteSpace, "")
  const octets = base64.length > maxCharacters ? undefined : decodeBase64Shared(base64)
  return octets === undefined || octets.length === 0
    ? fail(`${what} ${whyNot(base64, isNot)}`)
    : Result.succeed(octets)
}

const whyNot = (base64: string, isNot: string): string => {
  if (base64 === "") return "is empty"
  const mistake = alphabet.test(base64) ? undefined : mistakes.find(([sign]) => sign.test(base64))?.[1]
  return mistake ?? (base64.length > maxCharacters ? "is longer than a certificate of 32 KiB" : `is ${isNot}`)
}

const alphabet = /^[A-Za-z0-9+/=]*$/

/** Common mistakes by their signs. */
const mistakes: ReadonlyArray<readonly [sign: RegExp, says: string]> = [
  [/\\[nr]/, "has \\n as two characters where lines end; send line feeds (in JSON, \"\\n\" is one)"],
  [/%[0-9A-Fa-f]{2}|BEGIN\+/, "is URL-encoded; decode it first"],
  [/^[A-Za-z0-9_=-]+$/, "is base64url, or not base64; the alphabet of RFC 4648 §4 has + and /"]
]

const fail = (detail: string) => Result.fail({ detail })
