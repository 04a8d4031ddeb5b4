/**
 * Classifies the head of a response: status, media type, `Retry-After` (requirements §2.5).
 */
import type { VerdictCode } from "../../codes.ts"
import { printable } from "../../encoding/quote.ts"
import { type Head, headerValues } from "../../fetch/Fetcher.ts"
import { listMembers, toMediaType } from "../../fetch/fields.ts"
import { parseHttpDate } from "../../fetch/httpDate.ts"
import { messageCharacters } from "../../Limits.ts"
import { type Generation, generationRules } from "../../question/Generation.ts"

/** What led to the request, which decides the code for an absent document (POSH-RES-84). */
export type RequestKind = "direct" | "redirect" | "reference"

const absentCodes: Record<RequestKind, VerdictCode> = {
  direct: "NotPublished",
  redirect: "RedirectedMaterialMissing",
  reference: "ReferencedMaterialMissing"
}

/** Classifies a status: a document, a redirect to follow, or a failure. */
export const classifyStatus = (
  status: number,
  generation: Generation,
  kind: RequestKind
): "document" | "redirect" | VerdictCode => {
  if (status === 200) return "document" // POSH-RES-42
  if (status < 200 || status > 599) return "HttpProtocolError"
  if (status < 300) return "UnexpectedStatus"
  if (status < 400) return redirects.has(status) ? "redirect" : "RedirectUnsupportedStatus" // POSH-RES-60, POSH-RES-61
  if (status >= 500) return "ServerError"
  if (status === 404 || status === 410) return absentCodes[kind] // POSH-RES-43
  if (transient.has(status)) return "RateLimited" // POSH-RES-45
  // POSH-RES-44: in the draft generation any client error means absent, except 421, which is about the connection.
  if (generation === "draft" && status !== 421) return absentCodes[kind]
  return denied.has(status) ? "AccessDenied" : "ClientErrorStatus"
}

const redirects = new Set([301, 302, 303, 307, 308])
const transient = new Set([408, 425, 429])
const denied = new Set([401, 403, 451])

/**
 * Classifies Content-Type; `strict` allows only the types that the specifications name (POSH-RES-46). Several values must
 * name one type; parameters are ignored.
 */
export const classifyMediaType = (
  head: Head,
  generation: Generation,
  strict: boolean
): "expected" | "unexpected" | "refused" => {
  const [type, ...others] = new Set(contentTypes(head).map(toMediaType))
  if (others.length > 0) return "refused"
  if (contentTypes(head).length === 0) return strict ? "refused" : "unexpected"
  if (type === undefined) return "refused"
  if (strict) {
    return type === "application/json" || type === generationRules[generation].mediaType
      ? "expected"
      : "refused"
  }
  if (type === "application/json" || /[^/]\+json$/.test(type)) return "expected"
  return unexpected.has(type) ? "unexpected" : "refused"
}

/** What web servers and object stores send by default for a file of JSON. */
const unexpected = new Set(["text/plain", "text/json", "application/octet-stream", "binary/octet-stream"])

/** What of Content-Type a refusal rests on: the values, and whether they contradict one another. */
export const describeMediaType = (head: Head): string => {
  const values = contentTypes(head)
  const contradict = new Set(values.map(toMediaType)).size > 1
  return printable(
    `${contradict ? `${values.length} values of Content-Type contradict one another: ` : ""}${values.join(", ")}`,
    messageCharacters
  )
}

/** The values that are there. Two field lines may arrive as a list in one (RFC 9110 §5.3, §8.3). */
const contentTypes = (head: Head): ReadonlyArray<string> =>
  headerValues(head, "content-type").flatMap(listMembers).filter((value) => !value.startsWith(";"))

/**
 * Milliseconds of `Retry-After`, in seconds or as a date (RFC 9110 §10.2.3); of several, the longest; `undefined` if missing
 * or invalid.
 */
export const retryAfterMs = (head: Head, now: number): number | undefined => {
  const waits = headerValues(head, "retry-after").flatMap((value) => toWaitMs(value, now) ?? [])
  return waits.length === 0 ? undefined : Math.max(...waits)
}

const toWaitMs = (value: string, now: number): number | undefined => {
  if (/^\d{1,10}$/.test(value)) return Number(value) * 1_000
  const at = parseHttpDate(value, now)
  return at === undefined ? undefined : Math.max(0, at - now)
}
