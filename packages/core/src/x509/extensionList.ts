/**
 * The list of extensions (RFC 5280 §4.1.2.9). A malformed extension is left out; the others are read.
 */
import { Result } from "effect"
import { certificateLimits } from "../Limits.ts"
import {
  constructed,
  type Der,
  primitive,
  readAll,
  readBoolean,
  readInside,
  readOid,
  type ReadResult,
  tags
} from "./derReader.ts"

export interface Extension {
  /** Dotted. */
  readonly oid: string
  readonly critical: boolean
  /** DER, if it is well-formed; empty if the extension occurs twice. */
  readonly value: Uint8Array
}

export interface ExtensionList {
  /** By OID. */
  readonly extensions: ReadonlyMap<string, Extension>
  /** What is malformed. */
  readonly faults: ReadonlyArray<string>
}

/** Reads what follows the public key in a certificate. */
export const readExtensionList = (octets: Uint8Array): ExtensionList => {
  const list = locateList(octets)
  if (Result.isFailure(list)) return { extensions: new Map(), faults: [list.failure] }
  const extensions = new Map<string, Extension>()
  const faults: Array<string> = []
  for (const element of list.success) {
    const read = readExtension(element)
    if (Result.isFailure(read)) {
      faults.push(read.failure)
      continue
    }
    const { critical, oid } = read.success
    const other = extensions.get(oid)
    if (other !== undefined) faults.push(`extension ${oid} occurs twice`)
    // RFC 5280 §4.2: at most once, because two could contradict each other. So neither has a value.
    extensions.set(
      oid,
      other === undefined ? read.success : { oid, critical: critical || other.critical, value: noValue }
    )
  }
  return { extensions, faults }
}

const noValue = new Uint8Array()

// issuerUniqueID, subjectUniqueID (RFC 5280 §4.1.2.8) and extensions: each at most once, in this order.
const trailingTags = [primitive(1), primitive(2), constructed(3)]

const locateList = (octets: Uint8Array): ReadResult<ReadonlyArray<Der>> => {
  const fields = Result.getOrUndefined(readAll(octets, trailingTags.length))
  const places = fields?.map(({ tag }) => trailingTags.indexOf(tag))
  if (places === undefined || places.some((place, index) => place <= (places[index - 1] ?? -1))) return malformed
  const field = fields?.find(({ tag }) => tag === constructed(3))
  if (field === undefined) return Result.succeed([])
  return Result.orElse(readInside(field.content, tags.sequence, certificateLimits.extensions), () => malformed)
}

const malformed = Result.fail(`its extensions are malformed, or more than ${certificateLimits.extensions}`)

const readExtension = ({ octets }: Der): ReadResult<Extension> => {
  const fields = Result.getOrElse(readInside(octets, tags.sequence, 3), () => [])
  const [name, flag] = fields
  const value = fields.at(-1)
  if (flag === undefined || value?.tag !== tags.octetString) return malformedExtension
  const oid = readOid(name)
  const critical = fields.length === 3 ? readBoolean(flag) : no
  return Result.isSuccess(oid) && Result.isSuccess(critical)
    ? Result.succeed({ oid: oid.success, critical: critical.success, value: value.content })
    : malformedExtension
}

const no: ReadResult<boolean> = Result.succeed(false)
const malformedExtension = Result.fail("an extension is malformed")
