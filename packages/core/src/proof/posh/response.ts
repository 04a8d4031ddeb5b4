/**
 * What the head of a response means to an attempt (requirements §2.5).
 */
import type { VerdictCode } from "../../codes.ts"
import { printable } from "../../encoding/quote.ts"
import { type Head, headerValues } from "../../fetch/Fetcher.ts"
import { listMembers, toMediaType } from "../../fetch/fields.ts"
import { parseHttpDate } from "../../fetch/httpDate.ts"
import { messageCharacters } from "../../Limits.ts"
import { type Generation, generationRules } from "../../question/Generation.ts"

/** How the request came about, which decides what an absent document means (POSH-RES-84). */
export type Delegated = "no" | "redirect" | "reference"

const absent: Record<Delegated, VerdictCode> = {
  no: "NotPublished",
  redirect: "RedirectedMaterialMissing",
  reference: "ReferencedMaterialMissing"
}

export const judgeStatus = (
  status: number,
  generation: Generation,
  delegated: Delegated
): "document" | "redirect" | VerdictCode => {
  if (status === 200) return "document" // POSH-RES-42
  if (status < 200 || status > 599) return "HttpProtocolError"
  if (status < 300) return "UnexpectedStatus"
  if (status < 400) return redirects.has(status) ? "redirect" : "RedirectUnsupportedStatus" // POSH-RES-60, POSH-RES-61
  if (status >= 500) return "ServerError"
  if (status === 404 || status === 410) return absent[delegated] // POSH-RES-43
  if (transient.has(status)) return "RateLimited" // POSH-RES-45
  // POSH-RES-44: to the draft any client error means that nothing is there; 421 is about the connection.
  if (generation === "draft" && status !== 421) return absent[delegated]
  return denied.has(status) ? "AccessDenied" : "ClientErrorStatus"
}

const redirects = new Set([301, 302, 303, 307, 308])
const transient = new Set([408, 425, 429])
const denied = new Set([401, 403, 451])

/** POSH-RES-46: given more than once, the types have to agree; which parameters they have makes no difference. */
export const judgeMediaType = (
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
 * `Retry-After` in milliseconds, as seconds or as a date (RFC 9110 §10.2.3); of several, the longest; absent where missing
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
