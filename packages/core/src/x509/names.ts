/**
 * The names in subjectAltName (RFC 5280 §4.2.1.6). The certificate library does not support SRVName and XmppAddr.
 */
import { Result } from "effect"
import { isUtf8 } from "node:buffer"
import { SocketAddress } from "node:net"
import { certificateLimits } from "../Limits.ts"
import { type Header, readHeader } from "./der.ts"
import { constructed, maxOidOctets, primitive, type ReadResult, tags } from "./derReader.ts"
import { oids, readOptional } from "./extensions.ts"
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

/** The names of a certificate, validated but not parsed. */
export interface AltNames {
  /** DER of the extension's value. */
  readonly value: Uint8Array
  readonly count: number
}

/** Validates all names: one malformed name makes the certificate malformed. */
export const readAltNames = ({ extensions }: Fields): ReadResult<AltNames> =>
  Result.map(readOptional(extensions.get(oids.subjectAltName), countNames), (names) => names ?? noNames)

const noNames: AltNames = { value: new Uint8Array(), count: 0 }

/**
 * Parses the first names, up to `certificateLimits.names`. Skips forms that identify no service (mailboxes, directory
 * names, registered ids).
 */
export const readPresentedNames = ({ value }: AltNames): PresentedNames => {
  const names: { readonly [F in Form]: Array<string> } = { dns: [], srv: [], xmpp: [], uri: [], ip: [] }
  for (const name of locateNames(value).slice(0, certificateLimits.names)) {
    if (typeof name !== "string" && name !== undefined) names[name.form].push(textOf(value, name))
  }
  return names
}

const countNames = (value: Uint8Array): ReadResult<AltNames> => {
  const names = locateNames(value)
  const fault = names.find((name) => typeof name === "string")
  return fault === undefined ? Result.succeed({ value, count: names.length }) : Result.fail(fault)
}

type Form = keyof PresentedNames

/** Position of the text of a name; a sentence if the name is malformed, `undefined` if its form is skipped. */
type LocatedName = { readonly form: Form; readonly start: number; readonly end: number } | string | undefined

// Works on positions: 32 KiB can have 16,000 names, and a view for each would be expensive.
const locateNames = (value: Uint8Array): ReadonlyArray<LocatedName> => {
  const list = readHeader(value, 0, value.length)
  if (list?.tag !== tags.sequence) return list === undefined ? [] : ["malformed DER"]
  return inside(value, list).map((name) => locateName(value, name))
}

const inside = (octets: Uint8Array, { end, start }: Header): ReadonlyArray<Header> => {
  const headers: Array<Header> = []
  for (let at = start; at < end;) {
    const header = readHeader(octets, at, end)
    if (header === undefined) break // does not happen: the value is validated DER
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
  const [type, wrapped, ...more] = inside(octets, name)
  if (wrapped?.tag !== constructed(0) || more.length > 0) return "an otherName is malformed"
  if (type?.tag !== tags.oid || type.end - type.start > maxOidOctets) return "malformed OID"
  const [text] = inside(octets, wrapped)
  if (text?.tag === tags.ia5String && isAt(octets, type, idOnDnsSrv)) return asciiAt(octets, "srv", text)
  if (text?.tag === tags.utf8String && isAt(octets, type, idOnXmppAddr)) {
    return isUtf8(octets.subarray(text.start, text.end)) ? at("xmpp", text) : "a name is not UTF-8"
  }
  return undefined
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
