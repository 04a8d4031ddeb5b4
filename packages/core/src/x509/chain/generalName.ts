/**
 * `GeneralName`s as constraints compare them (RFC 5280 §4.2.1.6, §4.2.1.10).
 */
import { Result } from "effect"
import { constructed, type Der, primitive, readAll, readOid, type ReadResult } from "../derReader.ts"
import { type DistinguishedName, readName } from "./distinguishedName.ts"

export type GeneralName =
  | { readonly form: "dns"; readonly host: string }
  | Mailbox
  | { readonly form: "uri"; readonly host: string }
  | { readonly form: "ip"; readonly octets: Uint8Array }
  | { readonly form: "directory"; readonly name: DistinguishedName }
  | OtherForm

interface Mailbox {
  readonly form: "email"
  readonly mailbox: string
  readonly host: string
}

/** A form that constraints are not processed for; `form` tells such forms apart. */
export interface OtherForm {
  readonly form: `other ${string}`
}

/** A name as it stands in a certificate, with the form it claims, whether or not it can be read. */
export interface ClaimedName {
  readonly form: GeneralName["form"]
  /** `undefined` where the value is malformed, or, for a URI, names no host. */
  readonly name: GeneralName | undefined
}

/** Claims that a certificate makes in subjectAltName, or by an emailAddress in its subject. */
export const readClaimedName = (value: Der): ReadResult<ClaimedName> =>
  Result.map(formOf(value), (form) => ({ form, name: valueOf(form, value.content) }))

/** A mailbox in a subject. */
export const toClaimedEmail = (content: Uint8Array): ClaimedName => ({ form: "email", name: mailbox(ascii(content)) })

/** A whole subject. */
export const toClaimedDirectory = (name: DistinguishedName): ClaimedName => ({
  form: "directory",
  name: { form: "directory", name }
})

const otherName = constructed(0)

const forms = new Map<number, GeneralName["form"]>([
  [primitive(1), "email"],
  [primitive(2), "dns"],
  [constructed(3), "other x400Address"],
  [constructed(4), "directory"],
  [constructed(5), "other ediPartyName"],
  [primitive(6), "uri"],
  [primitive(7), "ip"],
  [primitive(8), "other registeredID"]
])

/** The form that a tag announces; each type of otherName is a form of its own. */
export const formOf = ({ content, tag }: Der): ReadResult<GeneralName["form"]> => {
  if (tag === otherName) {
    return Result.flatMap(readAll(content), ([type, value, ...more]) =>
      value?.tag !== constructed(0) || more.length > 0
        ? Result.fail("malformed name")
        : Result.map(readOid(type), (type) => `other ${type}` as const))
  }
  const form = forms.get(tag)
  return form === undefined ? Result.fail("malformed name") : Result.succeed(form)
}

const valueOf = (form: GeneralName["form"], content: Uint8Array): GeneralName | undefined => {
  switch (form) {
    case "dns":
      return hostName(form, ascii(content))
    case "email":
      return mailbox(ascii(content))
    case "uri":
      return hostName(form, uriAuthority.exec(ascii(content) ?? "")?.[1])
    case "ip":
      return content.length === 4 || content.length === 16 ? { form, octets: content } : undefined
    case "directory":
      return Result.getOrUndefined(Result.map(readName(content), (name) => ({ form, name })))
    default:
      return { form }
  }
}

// Without user-info and port; RFC 3986 §3.2.
const uriAuthority = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#:@[\]]*)(?::\d*)?(?:[/?#]|$)/i
// Names of 253 characters at most, without a number at the end: that would be an address.
const host = /^(?=.{1,253}$)(?:[a-z0-9_-]+\.)*(?!\d+$)[a-z0-9_-]+$/

const hostName = (form: "dns" | "uri", text: string | undefined): GeneralName | undefined => {
  const name = text?.toLowerCase()
  const wildcard = form === "dns" && name?.startsWith("*.") === true
  return name !== undefined && host.test(wildcard ? name.slice(2) : name) ? { form, host: name } : undefined
}

/**
 * Local part, one `@`, host (RFC 5280 §4.2.1.6). With a second `@` it would depend on the reader which host is meant;
 * quoted local parts, which may hold one, are in no use.
 */
export const mailbox = (text: string | undefined): Mailbox | undefined => {
  const [local, domain, ...more] = text?.split("@", 3) ?? []
  const name = domain?.toLowerCase()
  return local !== undefined && local !== "" && name !== undefined && host.test(name) && more.length === 0
    ? { form: "email", mailbox: local, host: name }
    : undefined
}

/** IA5String without spaces and controls, no longer than the longest URL that anything here accepts. */
export const ascii = (content: Uint8Array): string | undefined => {
  const text = Buffer.from(content.subarray(0, 2_049)).toString("latin1")
  return /^[\u0021-\u007e]{0,2048}$/.test(text) ? text : undefined
}
