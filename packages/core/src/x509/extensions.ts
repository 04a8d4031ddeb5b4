/**
 * The extensions about the use of a certificate (RFC 5280 §4.2.1).
 */
import { Result } from "effect"
import { documentLimits } from "../Limits.ts"
import { isDer } from "./der.ts"
import { readBoolean, readCount, readInside, readOid, readOne, type ReadResult, tags } from "./derReader.ts"
import type { Extension } from "./extensionList.ts"
import { failuresOf, type Fields } from "./fields.ts"

export type KeyUsage =
  | "digitalSignature"
  | "nonRepudiation"
  | "keyEncipherment"
  | "dataEncipherment"
  | "keyAgreement"
  | "keyCertSign"
  | "cRLSign"

/** The allowed uses of a certificate. */
export interface Uses {
  /** True if basicConstraints is present with cA TRUE. */
  readonly isCa: boolean
  /** Absent if the certificate has no such constraint. */
  readonly pathLength?: number | undefined
  readonly keyUsage?: ReadonlySet<KeyUsage> | undefined
  /** Dotted OIDs. */
  readonly extendedKeyUsage?: ReadonlySet<string> | undefined
  /** Critical extensions that this library does not process. */
  readonly unknownCritical: ReadonlyArray<string>
}

/** The uses, and why some of the extensions are left out. */
export interface ReadUses {
  readonly uses: Uses
  readonly faults: ReadonlyArray<string>
}

/** Reads these extensions. A malformed one counts as absent, and causes a fault. */
export const readUses = ({ extensions }: Pick<Fields, "extensions">): ReadUses => {
  const constraints = readOptional(extensions.get(oids.basicConstraints), readBasicConstraints)
  const keyUsage = readOptional(extensions.get(oids.keyUsage), readKeyUsage)
  const extendedKeyUsage = readOptional(extensions.get(oids.extendedKeyUsage), readPurposes)
  const { isCa = false, pathLength } = Result.getOrUndefined(constraints) ?? {}
  const uses = Result.getOrUndefined(keyUsage)
  const purposes = Result.getOrUndefined(extendedKeyUsage)
  return {
    uses: {
      isCa,
      ...(pathLength === undefined ? {} : { pathLength }),
      ...(uses === undefined ? {} : { keyUsage: uses }),
      ...(purposes === undefined ? {} : { extendedKeyUsage: purposes }),
      unknownCritical: [...extensions.values()]
        .filter(({ critical, oid }) => critical && !processed.has(oid))
        .map(({ oid }) => oid)
    },
    faults: failuresOf([constraints, keyUsage, extendedKeyUsage])
  }
}

/** OIDs of the extensions that are processed. */
export const oids = {
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  nameConstraints: "2.5.29.30",
  certificatePolicies: "2.5.29.32",
  extendedKeyUsage: "2.5.29.37"
} as const

// `Chain` processes name constraints, which do not apply to a leaf. Every policy is acceptable, because none is
// required.
const processed: ReadonlySet<string> = new Set(Object.values(oids))

/** Reads the value of an optional extension. It must be DER with at most `elements` elements; default: no limit. */
export const readOptional = <A>(
  extension: Extension | undefined,
  read: (value: Uint8Array) => ReadResult<A>,
  elements: number = documentLimits.certificateOctets
): ReadResult<A | undefined> => {
  if (extension === undefined) return Result.succeed(undefined)
  const value = isDer(extension.value, elements)
    ? read(extension.value)
    : Result.fail("it is not DER")
  return Result.mapError(value, (reason) => `extension ${extension.oid} is malformed: ${reason}`)
}

// §4.2.1.9: cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER OPTIONAL.
const readBasicConstraints = (value: Uint8Array) =>
  Result.gen(function*() {
    const fields = yield* readInside(value, tags.sequence)
    const [first] = fields
    const isCa = first?.tag === tags.boolean && (yield* readBoolean(first))
    const [length, ...more] = first?.tag === tags.boolean ? fields.slice(1) : fields
    if (more.length > 0) return yield* Result.fail("it has too many fields")
    return { isCa, pathLength: length === undefined ? undefined : yield* readCount(length) }
  })

const keyUsageBits: ReadonlyArray<KeyUsage> = [
  "digitalSignature",
  "nonRepudiation",
  "keyEncipherment",
  "dataEncipherment",
  "keyAgreement",
  "keyCertSign",
  "cRLSign"
]

// §4.2.1.3: bit 0 is the highest of the first octet after the count of unused bits.
const readKeyUsage = (value: Uint8Array): ReadResult<ReadonlySet<KeyUsage>> =>
  Result.map(
    readOne(value, tags.bitString),
    ({ content }) => new Set(keyUsageBits.filter((_, bit) => ((content[1] ?? 0) & (0x80 >> bit)) !== 0))
  )

// §4.2.1.12
const readPurposes = (value: Uint8Array): ReadResult<ReadonlySet<string>> =>
  Result.flatMap(
    readInside(value, tags.sequence),
    (purposes) => Result.map(Result.all(purposes.map(readOid)), (dotted) => new Set(dotted))
  )
