/**
 * subjectAltName (RFC 5280 §4.2.1.6): what a certificate calls itself. The library leaves out the names that XMPP has.
 */
import { Result } from "effect"
import { isUtf8 } from "node:buffer"
import { SocketAddress } from "node:net"
import type { PresentedNames } from "../Certificate.ts"
import {
  constructed,
  type Der,
  primitive,
  type Read,
  readAll,
  readInside,
  readOid,
  tags
} from "../encoding/derReader.ts"
import { oids, readOptional } from "./extensions.ts"
import type { Fields } from "./fields.ts"

/**
 * Reads the names. Forms that identify no service (mailboxes, directory names, registered ids) are left out; a name
 * that is malformed spoils the certificate.
 */
export const readPresentedNames = ({ extensions }: Fields): Read<PresentedNames> =>
  Result.map(readOptional(extensions.get(oids.subjectAltName), readGeneralNames), (names) => names ?? noNames)

const noNames: PresentedNames = { dns: [], srv: [], xmpp: [], uri: [], ip: [] }

type Form = keyof PresentedNames

const readGeneralNames = (value: Uint8Array): Read<PresentedNames> =>
  Result.gen(function*() {
    const names: { readonly [F in Form]: Array<string> } = { dns: [], srv: [], xmpp: [], uri: [], ip: [] }
    for (const element of yield* readInside(value, tags.sequence)) {
      const name = yield* readName(element)
      if (name !== undefined) names[name.form].push(name.text)
    }
    return names
  })

interface PresentedName {
  readonly form: Form
  readonly text: string
}

const readName = (value: Der): Read<PresentedName | undefined> => {
  switch (value.tag) {
    case primitive(2):
      return Result.map(readAscii(value), (text) => ({ form: "dns", text: text.toLowerCase() }))
    case primitive(6):
      return Result.map(readAscii(value), (text) => ({ form: "uri", text }))
    case primitive(7):
      return Result.map(readAddress(value), (text) => ({ form: "ip", text }))
    case constructed(0):
      return readOtherName(value)
    default:
      return Result.succeed(undefined)
  }
}

const idOnDnsSrv = "1.3.6.1.5.5.7.8.7" // RFC 4985 §2
const idOnXmppAddr = "1.3.6.1.5.5.7.8.5" // RFC 6120 §13.7.1.4

// [0] IMPLICIT SEQUENCE { type-id, value [0] EXPLICIT }. Of another string type than the two RFCs ask for, it is no such
// name, and not looked at.
const readOtherName = ({ content }: Der): Read<PresentedName | undefined> =>
  Result.gen(function*() {
    const [type, wrapped, ...more] = yield* readAll(content)
    if (wrapped?.tag !== constructed(0) || more.length > 0) return yield* Result.fail("an otherName is malformed")
    const oid = yield* readOid(type)
    const [name] = yield* readAll(wrapped.content)
    if (oid === idOnDnsSrv && name?.tag === tags.ia5String) {
      return { form: "srv", text: yield* readAscii(name) } as const
    }
    if (oid === idOnXmppAddr && name?.tag === tags.utf8String) {
      return { form: "xmpp", text: yield* readUtf8(name) } as const
    }
    return undefined
  })

const readAscii = ({ content }: Der): Read<string> =>
  content.every((octet) => octet < 0x80)
    ? Result.succeed(Buffer.from(content).toString("latin1"))
    : Result.fail("a name is not ASCII")

const readUtf8 = ({ content }: Der): Read<string> =>
  isUtf8(content) ? Result.succeed(Buffer.from(content).toString("utf8")) : Result.fail("a name is not UTF-8")

const readAddress = ({ content }: Der): Read<string> => {
  if (content.length === 4) return Result.succeed(content.join("."))
  if (content.length !== 16) return Result.fail("an address has neither 4 nor 16 octets")
  const groups = Buffer.from(content).toString("hex").replace(/(....)(?!$)/g, "$1:")
  return Result.succeed(new SocketAddress({ address: groups, family: "ipv6" }).address)
}
