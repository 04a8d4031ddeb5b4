/**
 * The names in subjectAltName (RFC 5280 §4.2.1.6). The certificate library does not support SRVName and XmppAddr.
 */
import { isUtf8 } from "node:buffer"
import { SocketAddress } from "node:net"
import { certificateLimits } from "../Limits.ts"
import { type Header, readHeader } from "./der.ts"
import { constructed, maxOidOctets, primitive, tags } from "./derReader.ts"
import { oids } from "./extensions.ts"
import type { Fields } from "./fields.ts"

/** The presented identifiers of a certificate. The subject's Common Name is not one of them (RFC 9525 §2). */
export interface PresentedNames {
  /** dNSName, lower case. */
  readonly dns: ReadonlyArray<string>
  /** otherName SRVName, `_service.name`. */
  readonly srv: ReadonlyArray<string>
  /** otherName XmppAddr. */
  readonly xmpp: ReadonlyArray<string>
  readonly uri: ReadonlyArray<string>
  /** iPAddress, in text. */
  readonly ip: ReadonlyArray<string>
}

/** The names of a certificate, located but not parsed. */
export interface AltNames {
  /** The extension's value; empty if it has no list of names. */
  readonly value: Uint8Array
  readonly count: number
  /** What is malformed. */
  readonly faults: ReadonlyArray<string>
}

/** Looks at all names. A malformed one counts as absent, and causes a fault. */
export const readAltNames = ({ extensions }: Pick<Fields, "extensions">): AltNames => {
  const extension = extensions.get(oids.subjectAltName)
  if (extension === undefined) return noNames
  const { value } = extension
  const names = locateNames(value)
  if (names === undefined) return { ...noNames, faults: [`${what} is malformed`] }
  const malformed = names.filter((name) => typeof name === "string")
  const [first] = malformed
  return {
    value,
    count: names.length,
    faults: first === undefined ? [] : [`${what}: ${malformed.length} of ${names.length} names malformed (${first})`]
  }
}

const what = `extension ${oids.subjectAltName}`
const noNames: AltNames = { value: new Uint8Array(), count: 0, faults: [] }

/**
 * Parses the first names, up to `certificateLimits.names`. Skips malformed ones, and forms that identify no service
 * (mailboxes, directory names, registered ids).
 */
export const readPresentedNames = ({ value }: AltNames): PresentedNames => {
  const names: { readonly [F in Form]: Array<string> } = { dns: [], srv: [], xmpp: [], uri: [], ip: [] }
  for (const name of locateNames(value)?.slice(0, certificateLimits.names) ?? []) {
    if (typeof name !== "string" && name !== undefined) names[name.form].push(textOf(value, name))
  }
  return names
}

type Form = keyof PresentedNames

/** Position of the text of a name; a sentence if the name is malformed, `undefined` if its form is skipped. */
type LocatedName = { readonly form: Form; readonly start: number; readonly end: number } | string | undefined

// Works on positions: 32 KiB can have 16,000 names, and a view for each would be expensive. `undefined` if this is not
// exactly one list.
const locateNames = (value: Uint8Array): ReadonlyArray<LocatedName> | undefined => {
  const list = readHeader(value, 0, value.length)
  return list?.tag === tags.sequence && list.end === value.length
    ? inside(value, list)?.map((name) => locateName(value, name))
    : undefined
}

const inside = (octets: Uint8Array, { end, start }: Header): ReadonlyArray<Header> | undefined => {
  const headers: Array<Header> = []
  for (let at = start; at < end;) {
    const header = readHeader(octets, at, end)
    if (header === undefined) return undefined
    headers.push(header)
    at = header.end
  }
  return headers
}

const locateName = (octets: Uint8Array, name: Header): LocatedName => {
  switch (name.tag) {
    case primitive(2):
      return asciiAt(octets, "dns", name)
    case primitive(6):
      return asciiAt(octets, "uri", name)
    case primitive(7):
      return addressAt(name)
    case constructed(0):
      return otherNameAt(octets, name)
    default:
      return undefined
  }
}

const idOnDnsSrv = Uint8Array.of(0x2b, 6, 1, 5, 5, 7, 8, 7) // 1.3.6.1.5.5.7.8.7, RFC 4985 §2
const idOnXmppAddr = Uint8Array.of(0x2b, 6, 1, 5, 5, 7, 8, 5) // 1.3.6.1.5.5.7.8.5, RFC 6120 §13.7.1.4

// [0] IMPLICIT SEQUENCE { type-id, value [0] EXPLICIT }. A value of another string type than the two RFCs require is
// skipped.
const otherNameAt = (octets: Uint8Array, name: Header): LocatedName => {
  const [type, wrapped, ...more] = inside(octets, name) ?? []
  if (type?.tag !== tags.oid || type.end - type.start > maxOidOctets) return "malformed OID"
  if (wrapped?.tag !== constructed(0) || more.length > 0) return "an otherName is malformed"
  const isSrv = isAt(octets, type, idOnDnsSrv)
  if (!isSrv && !isAt(octets, type, idOnXmppAddr)) return undefined
  const [text, ...others] = inside(octets, wrapped) ?? []
  if (text === undefined || others.length > 0) return "an otherName is malformed"
  if (isSrv) return text.tag === tags.ia5String ? asciiAt(octets, "srv", text) : undefined
  if (text.tag !== tags.utf8String) return undefined
  return isUtf8(octets.subarray(text.start, text.end)) ? at("xmpp", text) : "a name is not UTF-8"
}

const isAt = (octets: Uint8Array, { end, start }: Header, expected: Uint8Array): boolean =>
  end - start === expected.length && expected.every((octet, index) => octet === octets[start + index])

const asciiAt = (octets: Uint8Array, form: Form, name: Header): LocatedName => {
  for (let index = name.start; index < name.end; index += 1) {
    if ((octets[index] ?? 0) >= 0x80) return "a name is not ASCII"
  }
  return at(form, name)
}

const addressAt = (name: Header): LocatedName => {
  const length = name.end - name.start
  return length === 4 || length === 16 ? at("ip", name) : "an address has neither 4 nor 16 octets"
}

const at = (form: Form, { end, start }: Header): LocatedName => ({ form, start, end })

const textOf = (value: Uint8Array, { end, form, start }: Exclude<LocatedName, string | undefined>): string => {
  const octets = Buffer.from(value.buffer, value.byteOffset + start, end - start)
  if (form === "ip") return addressText(octets)
  if (form === "xmpp") return octets.toString("utf8")
  return form === "dns" ? octets.toString("latin1").toLowerCase() : octets.toString("latin1")
}

const addressText = (octets: Buffer): string => {
  if (octets.length === 4) return octets.join(".")
  const groups = octets.toString("hex").replace(/(....)(?!$)/g, "$1:")
  return new SocketAddress({ address: groups, family: "ipv6" }).address
}
