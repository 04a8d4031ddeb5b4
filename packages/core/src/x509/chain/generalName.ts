/**
 * `GeneralName`s for name constraints (RFC 5280 §4.2.1.6, §4.2.1.10).
 */
import { Result } from "effect"
import { constructed, type Der, primitive, readAll, readOid, type ReadResult, tags } from "../derReader.ts"
import { type DistinguishedName, readName } from "./distinguishedName.ts"

export type GeneralName =
  | { readonly form: "dns"; readonly host: string }
  | Mailbox
  | { readonly form: "uri"; readonly host: string }
  | { readonly form: "ip"; readonly octets: Uint8Array }
  | { readonly form: "directory"; readonly name: DistinguishedName }
  | SrvName
  | { readonly form: "xmpp"; readonly host: string }
  | OtherForm

/** An SRVName (RFC 4985 §2), in lower case: `_xmpp-server` and `im.example`. */
interface SrvName {
  readonly form: "srv"
  readonly service: string
  readonly host: string
}

interface Mailbox {
  readonly form: "email"
  readonly mailbox: string
  readonly host: string
}

/** A form whose constraints are not processed; `form` distinguishes them. */
export interface OtherForm {
  readonly form: `other ${string}`
}

/** A name in a certificate, with the form of its tag, even if the value is malformed. */
export interface ClaimedName {
  readonly form: GeneralName["form"]
  /** `undefined` if the value is malformed, or if a URI has no host name. */
  readonly name: GeneralName | undefined
}

/** Reads one name of subjectAltName. */
export const readClaimedName = (value: Der): ReadResult<ClaimedName> =>
  Result.map(formOf(value), (form) => ({ form, name: valueOf(form, value.content) }))

/** An emailAddress in a subject. */
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

/** Types of otherName that name a service: id-on-dnsSRV (RFC 4985 §2), id-on-xmppAddr (RFC 6120 §13.7.1.4). */
const serviceForms = new Map<string, GeneralName["form"]>([
  ["1.3.6.1.5.5.7.8.7", "srv"],
  ["1.3.6.1.5.5.7.8.5", "xmpp"]
])

/** Reads the form of a name from its tag; each type of otherName is a form of its own. */
export const formOf = ({ content, tag }: Der): ReadResult<GeneralName["form"]> => {
  if (tag === otherName) {
    return Result.flatMap(readAll(content), ([type, value, ...more]) =>
      value?.tag !== constructed(0) || more.length > 0
        ? Result.fail("malformed name")
        : Result.map(readOid(type), (type) => serviceForms.get(type) ?? `other ${type}` as const))
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
    case "srv":
      return srvName(otherText(content, tags.ia5String))
    case "xmpp":
      return xmppAddr(otherText(content, tags.utf8String))
    default:
      return { form }
  }
}

/** The text of an otherName, if it has this string type alone and is ASCII. */
export const otherText = (content: Uint8Array, tag: number): string | undefined => {
  const [, wrapped] = Result.getOrElse(readAll(content), () => [])
  const [text, ...more] = Result.getOrElse(readAll(wrapped?.content ?? noContent), () => [])
  return text?.tag === tag && more.length === 0 ? ascii(text.content)?.toLowerCase() : undefined
}

const noContent = new Uint8Array()

// RFC 4985 §2: the service with its underscore, a dot, and the domain.
const srvName = (text: string | undefined): SrvName | undefined => {
  const [, service, name] = /^(_[a-z0-9-]+)\.(.+)$/.exec(text ?? "") ?? []
  return service !== undefined && name !== undefined && host.test(name)
    ? { form: "srv", service, host: name }
    : undefined
}

// RFC 7622 §3.1: the domain of a JID is before the first "/", and after the first "@" in there. U-labels count as
// malformed: a constraint refuses what it cannot be compared with.
const xmppAddr = (text: string | undefined): GeneralName | undefined => {
  const [jid = ""] = text?.split("/", 1) ?? []
  const name = jid.slice(jid.indexOf("@") + 1)
  return host.test(name) ? { form: "xmpp", host: name } : undefined
}

// Without user-info and port; RFC 3986 §3.2.
const uriAuthority = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#:@[\]]*)(?::\d*)?(?:[/?#]|$)/i
// At most 253 characters. The last label is not a number, else it would be an IP address.
const host = /^(?=.{1,253}$)(?:[a-z0-9_-]+\.)*(?!\d+$)[a-z0-9_-]+$/

const hostName = (form: "dns" | "uri", text: string | undefined): GeneralName | undefined => {
  const name = text?.toLowerCase()
  const wildcard = form === "dns" && name?.startsWith("*.") === true
  return name !== undefined && host.test(wildcard ? name.slice(2) : name) ? { form, host: name } : undefined
}

/**
 * Parses a mailbox: local part, one `@`, host (RFC 5280 §4.2.1.6). Refuses a second `@`, because parsers disagree on
 * the host then; quoted local parts, which may contain one, are not in use.
 */
export const mailbox = (text: string | undefined): Mailbox | undefined => {
  const [local, domain, ...more] = text?.split("@", 3) ?? []
  const name = domain?.toLowerCase()
  return local !== undefined && local !== "" && name !== undefined && host.test(name) && more.length === 0
    ? { form: "email", mailbox: local, host: name }
    : undefined
}

/** Decodes an IA5String without spaces and controls, of at most 2,048 characters, the longest URL that is accepted. */
export const ascii = (content: Uint8Array): string | undefined => {
  const text = Buffer.from(content.subarray(0, 2_049)).toString("latin1")
  return /^[\u0021-\u007e]{0,2048}$/.test(text) ? text : undefined
}
