/**
 * A reference document: `{"url", "expires"}` (RFC 7711 §3.2, requirements §1.4).
 */
import { Result } from "effect"
import type { Json, JsonObject } from "../../../encoding/json.ts"
import { hasAuthority, isUriText, notUriText, schemeOf } from "../../../fetch/uri.ts"
import type { Lint } from "../../../Lint.ts"
import { readExpires } from "./expires.ts"
import { type Fault, fault } from "./fault.ts"

/** A reference document (RFC 7711 §3.2). `url` is as published; `Delegation` checks whether it may be followed. */
export interface Reference {
  readonly _tag: "Reference"
  readonly url: string
  /** Seconds, > 0, clamped to 2^53−1. */
  readonly expires: number
  readonly lints: ReadonlyArray<Lint>
}

/** Reads a reference. Checks for withdrawal first: it applies even to a malformed document (POSH-FMT-61). */
export const readReference = (object: JsonObject, lints: ReadonlyArray<Lint>): Result.Result<Reference, Fault> => {
  const expires = readExpires(object.get("expires"))
  if (Result.isSuccess(expires) && expires.success === 0) return fault("DelegationWithdrawn")
  return Result.flatMap(
    readUrl(object.get("url")),
    (url) =>
      Result.isFailure(expires)
        ? fault(expires.failure)
        : Result.succeed({ _tag: "Reference", url, expires: expires.success, lints })
  )
}

// POSH-FMT-60: absolute, and nothing that a URL parser would repair (requirements §8.1). WHETHER THE TARGET IS ALLOWED
// IS NOT CHECKED here, but in `Delegation`.
const readUrl = (value: Json | undefined): Result.Result<string, Fault> => {
  if (typeof value !== "string") return fault("InvalidReferenceUrl", "url is not a string")
  if (!isUriText(value)) return fault("InvalidReferenceUrl", notUriText)
  const scheme = schemeOf(value)
  if (scheme === undefined) return fault("InvalidReferenceUrl", "url is relative")
  if (scheme !== "https") return fault("ReferenceInsecureScheme")
  return hasAuthority(value) ? Result.succeed(value) : fault("InvalidReferenceUrl", "url names no host")
}
