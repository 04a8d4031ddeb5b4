/**
 * A fingerprints document: `{"fingerprints", "expires"}` (RFC 7711 §3.1, requirements §1.3).
 */
import { Result } from "effect"
import {
  type Descriptor,
  type Fingerprints,
  type Hashes,
  hashLengths,
  type HashName,
  hashNames
} from "../../../association/Material.ts"
import { decodeUnpaddedBase64 } from "../../../encoding/base64.ts"
import { type Json, JsonObject } from "../../../encoding/json.ts"
import { quote } from "../../../encoding/quote.ts"
import { documentLimits } from "../../../Limits.ts"
import { type Lint, lint } from "../../../Lint.ts"
import { readExpires } from "./expires.ts"
import { explain, type Fault, fault } from "./fault.ts"

/** Material, and how long the document says it is valid. */
export interface PublishedFingerprints {
  readonly _tag: "PublishedFingerprints"
  readonly material: Fingerprints
  /** Seconds, > 0, clamped to 2^53−1. */
  readonly expires: number
  readonly lints: ReadonlyArray<Lint>
}

/**
 * Reads a fingerprints document. The order of checks decides which fault is reported: withdrawal first, because it
 * applies even to a malformed document (POSH-FMT-48); then the structure, `expires`, and the hashes.
 */
export const readFingerprints = (
  object: JsonObject,
  lints: ReadonlyArray<Lint>
): Result.Result<PublishedFingerprints, Fault> =>
  Result.gen(function*() {
    const expires = readExpires(object.get("expires"))
    if (Result.isSuccess(expires) && expires.success === 0) return yield* fault("MaterialWithdrawn")
    const elements = yield* readElements(object.get("fingerprints"))
    if (Result.isFailure(expires)) return yield* fault(expires.failure)

    const results = elements.map(readDescriptor)
    const all = [...lints, ...results.flatMap((result) => result.lints)]
    const descriptors = results.flatMap(({ descriptor }) => descriptor ?? [])
    if (descriptors.length === 0) return yield* fault("NoUsableFingerprints", explain(all), all)
    return {
      _tag: "PublishedFingerprints",
      material: { _tag: "Fingerprints", descriptors },
      expires: expires.success,
      lints: all
    }
  })

const readElements = (value: Json | undefined): Result.Result<ReadonlyArray<JsonObject>, Fault> => {
  if (!Array.isArray(value)) return fault("InvalidFingerprintsDocument")
  if (value.length === 0) return fault("EmptyFingerprints")
  if (value.length > documentLimits.descriptors) {
    return fault("LimitExceeded", `there are more than ${documentLimits.descriptors} fingerprints`)
  }
  const objects = value.filter((element) => element instanceof JsonObject)
  return objects.length === value.length ? Result.succeed(objects) : fault("InvalidFingerprintsDocument")
}

interface ParsedDescriptor {
  readonly descriptor?: Descriptor
  readonly lints: ReadonlyArray<Lint>
}

const readDescriptor = (members: JsonObject, index: number): ParsedDescriptor => {
  const path = `fingerprints[${index}]`
  const values = hashNames.flatMap((name) => {
    const value = members.get(name)
    return value === undefined ? [] : [{ name, ...readHash(name, value, `${path}.${name}`) }]
  })
  const usable = values.flatMap(({ hash, name }) => hash === undefined ? [] : [[name, hash] as const])
  const lints = [...values.flatMap((value) => value.lints), ...lintNames([...members.keys()], path)]
  if (usable.length === 0) return { lints: [...lints, lint("DescriptorUnusable", "error", path)] }
  const hashes: Hashes = Object.fromEntries(usable)
  return { descriptor: { index, hashes }, lints }
}

// POSH-FMT-44: a malformed hash counts as absent. POSH-FMT-45: padding is optional, an example in RFC 7711 lacks it.
const readHash = (
  name: HashName,
  value: Json,
  path: string
): { readonly hash?: Uint8Array; readonly lints: ReadonlyArray<Lint> } => {
  const decoded = typeof value === "string" ? decodeUnpaddedBase64(value) : undefined
  if (decoded?.octets.length !== hashLengths[name]) return { lints: [lint("MalformedFingerprint", "warning", path)] }
  return { hash: decoded.octets, lints: decoded.unpadded ? [lint("UnpaddedBase64", "warning", path)] : [] }
}

// POSH-FMT-43. sha-224 is not accepted by default either.
const weakNames = new Set(["md2", "md5", "sha-1", "sha-224"])

// POSH-FMT-42: names are compared exactly. At most one finding of each kind per descriptor, for any number of names.
const lintNames = (names: ReadonlyArray<string>, path: string): ReadonlyArray<Lint> => {
  const weak = names.filter((name) => weakNames.has(name))
  const unknown = names.filter((name) => !weakNames.has(name) && !hashNames.some((known) => known === name))
  return [
    ...(weak.length === 0 ? [] : [lint("WeakHashPresent", "warning", path, weak.join(", "))]),
    ...(unknown.length === 0 ? [] : [lint("UnrecognisedHashName", "warning", path, `"${quote(unknown[0] ?? "", 64)}"`)])
  ]
}
