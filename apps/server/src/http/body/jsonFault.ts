/**
 * Says where a body is no JSON.
 */
import { parseJson } from "@posh/core/serving"
import { Result } from "effect"

/** Octets. In a longer body the fault is not searched for. */
const longest = 64 * 1_024

/** A sentence for a person; what it quotes is bounded and escaped. */
export const jsonFault = (octets: Buffer): string => {
  const parsed = octets.length > longest ? undefined : parseJson(octets)
  if (parsed === undefined || Result.isSuccess(parsed)) return "The body is not JSON."
  const { detail } = parsed.failure
  return `The body is not JSON: ${detail}.${/ end of the string, found "(?!the end)/.test(detail) ? rawLine : ""}`
}

/** The usual cause of a control character in a string: a PEM text that was pasted. */
const rawLine = " In a JSON string a line feed is \\n; PEM as it is may be the whole body: " +
  "POST /v1/verify?domain=…&service=… with Content-Type: application/pem-certificate-chain."
