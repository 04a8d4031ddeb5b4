/**
 * The extensions that path validation processes (RFC 5280 §4.2.1).
 */
import { Result } from "effect"
import { type Der, type Read, readAll, readBoolean, readCount, readInside, readOid, readOne, tags } from "./der.ts"
import { type NameConstraints, readNameConstraints } from "./nameConstraints.ts"

/** `undefined` where the certificate has no such extension. */
export interface Extensions {
  readonly basicConstraints: BasicConstraints | undefined
  /** Does keyUsage allow signing certificates? */
  readonly keyCertSign: boolean | undefined
  readonly nameConstraints: NameConstraints | undefined
  /** subjectAltName. */
  readonly altNames: ReadonlyArray<Der> | undefined
  /** Critical extensions that are not processed here. */
  readonly unknownCritical: ReadonlyArray<string>
}

export interface BasicConstraints {
  readonly ca: boolean
  /** CA certificates that may follow below. */
  readonly pathLength: number | undefined
}

/** Reads the `[3] EXPLICIT Extensions` of a certificate, which may be absent. */
export const readExtensions = (field: Der | undefined): Read<Extensions> =>
  Result.gen(function*() {
    const [list] = field === undefined ? [] : yield* readAll(field.content)
    const values = list === undefined ? [] : yield* readInside(list.octets, tags.sequence)
    const extensions = yield* Result.all(values.map(readExtension))
    const byOid = new Map(extensions.map(({ oid, value }) => [oid, value]))
    if (byOid.size < extensions.length) return yield* Result.fail("an extension occurs twice") // RFC 5280 §4.2
    return {
      basicConstraints: yield* optional(byOid.get("2.5.29.19"), readBasicConstraints),
      keyCertSign: yield* optional(byOid.get("2.5.29.15"), readKeyCertSign),
      nameConstraints: yield* optional(byOid.get("2.5.29.30"), readNameConstraints),
      altNames: yield* optional(byOid.get("2.5.29.17"), (value) => readInside(value, tags.sequence)),
      unknownCritical: extensions.filter(({ critical, oid }) => critical && !processed.has(oid)).map(({ oid }) => oid)
    }
  })

// Besides those read above, extensions that cannot fail a path: without an initial policy set and without policy
// constraints (which stay unknown here) RFC 5280 §6.1 lets every policy pass, and it gives extendedKeyUsage no rule:
// THE PURPOSES OF ISSUERS ARE NOT CHECKED.
const processed = new Set([
  "2.5.29.15",
  "2.5.29.17",
  "2.5.29.19",
  "2.5.29.30",
  "2.5.29.32", // certificatePolicies
  "2.5.29.37", // extKeyUsage
  "2.5.29.54" // inhibitAnyPolicy
])

interface Extension {
  readonly oid: string
  readonly critical: boolean
  readonly value: Uint8Array
}

const readExtension = ({ octets }: Der): Read<Extension> =>
  Result.gen(function*() {
    const fields = yield* readInside(octets, tags.sequence)
    const [name, flag] = fields
    const value = fields.at(-1)
    if (fields.length > 3 || value?.tag !== tags.octetString) return yield* Result.fail("malformed extension")
    return {
      oid: yield* readOid(name),
      critical: fields.length === 3 && flag !== undefined && (yield* readBoolean(flag)),
      value: value.content
    }
  })

const optional = <A>(
  value: Uint8Array | undefined,
  read: (value: Uint8Array) => Read<A>
): Read<A | undefined> => value === undefined ? Result.succeed(undefined) : read(value)

// RFC 5280 §4.2.1.9: cA DEFAULT FALSE, pathLenConstraint OPTIONAL.
const readBasicConstraints = (value: Uint8Array): Read<BasicConstraints> =>
  Result.gen(function*() {
    const fields = yield* readInside(value, tags.sequence)
    const flag = fields.find(({ tag }) => tag === tags.boolean)
    const length = fields.find(({ tag }) => tag === tags.integer)
    return {
      ca: flag !== undefined && (yield* readBoolean(flag)),
      pathLength: length === undefined ? undefined : yield* readCount(length)
    }
  })

// RFC 5280 §4.2.1.3: bit 5 of a BIT STRING, whose first content octet counts unused bits.
const readKeyCertSign = (value: Uint8Array): Read<boolean> =>
  Result.map(readOne(value, tags.bitString), ({ content }) => ((content[1] ?? 0) & 0x04) !== 0)
