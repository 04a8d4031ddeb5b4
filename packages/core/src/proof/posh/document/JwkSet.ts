/**
 * A JWK Set: `{"keys"}` (draft-miller-posh-00 §3.1, requirements §1.2).
 */
import { Result } from "effect"
import type { JwkEntry, JwkSet } from "../../../association/Material.ts"
import { type Json, JsonObject } from "../../../encoding/json.ts"
import { documentLimits } from "../../../Limits.ts"
import { type Lint, lint } from "../../../Lint.ts"
import { readExpires } from "./expires.ts"
import { explain, type Fault, fault } from "./fault.ts"
import { readJwk } from "./Jwk.ts"

/** Material, and how long the document says it is valid. */
export interface PublishedJwkSet {
  readonly _tag: "PublishedJwkSet"
  readonly material: JwkSet
  /** An upper bound of the lifetime, in seconds; draft generation only (POSH-FMT-34). */
  readonly expires?: number
  readonly lints: ReadonlyArray<Lint>
}

/** Reads a JWK Set. Fails if all its certificates have expired at `now`; else keeps the expired ones (POSH-CAC-23). */
export const readJwkSet = (
  object: JsonObject,
  lints: ReadonlyArray<Lint>,
  now: number
): Result.Result<PublishedJwkSet, Fault> =>
  Result.gen(function*() {
    const expires = readExpires(object.get("expires"))
    if (Result.isSuccess(expires) && expires.success === 0) return yield* fault("MaterialWithdrawn") // POSH-FMT-34
    const keys = yield* readKeys(object.get("keys"))

    const results = keys.map((key, index) => Result.merge(Result.mapError(readJwk(key, index), (lint) => ({ lint }))))
    const entries = results.flatMap((result) => "entry" in result ? [result.entry] : [])
    const expired = entries.filter(({ notAfter }) => notAfter < now)
    const all = [
      ...lints,
      ...(Result.isFailure(expires) && expires.failure === "InvalidExpires"
        ? [lint("InvalidExpiresIgnored", "warning", "expires")]
        : []),
      ...results.flatMap((result) => "entry" in result ? result.lints : [result.lint]),
      ...expired.map(({ index }) => lint("JwkEntryExpired", "warning", `keys[${index}]`)),
      ...lintKids(entries)
    ]
    if (entries.length === 0) {
      return yield* fault(
        "NoUsableJwk",
        explain(all.filter(({ severity }) => severity === "error")),
        all
      )
    }
    if (expired.length === entries.length) return yield* fault("AllMaterialExpired", undefined, all)
    return {
      _tag: "PublishedJwkSet",
      material: { _tag: "JwkSet", entries },
      ...(Result.isSuccess(expires) ? { expires: expires.success } : {}),
      lints: all
    }
  })

const readKeys = (value: Json | undefined): Result.Result<ReadonlyArray<Json>, Fault> => {
  if (!Array.isArray(value)) return fault("InvalidJwkSet")
  if (value.length === 0) return fault("EmptyJwkSet")
  const exceeded = value.length > documentLimits.keys
    ? `there are more than ${documentLimits.keys} keys`
    : value.map(exceededLimit).find((limit) => limit !== undefined)
  return exceeded === undefined ? Result.succeed(value) : fault("LimitExceeded", exceeded)
}

// Requirements §8.1: if one entry exceeds a limit, the document does, even if the entry is unusable.
const exceededLimit = (key: Json): string | undefined => {
  const x5c = key instanceof JsonObject ? key.get("x5c") : undefined
  if (!Array.isArray(x5c)) return undefined
  if (x5c.length > documentLimits.x5c) return `an x5c has more than ${documentLimits.x5c} certificates`
  return x5c.some((text) =>
      typeof text === "string" && Buffer.byteLength(text, "base64") > documentLimits.certificateOctets
    )
    ? "a certificate in x5c is larger than 32 KiB"
    : undefined
}

// POSH-FMT-23, RFC 7517 §4.5: a key id that does not identify one key.
const lintKids = (entries: ReadonlyArray<JwkEntry>): ReadonlyArray<Lint> => {
  const seen = new Set<string>()
  return entries.flatMap(({ index, kid }) => {
    if (kid === undefined || !seen.has(kid)) {
      if (kid !== undefined) seen.add(kid)
      return []
    }
    return [lint("KidDuplicate", "info", `keys[${index}].kid`)]
  })
}
