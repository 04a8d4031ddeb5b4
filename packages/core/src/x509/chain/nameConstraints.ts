/**
 * Name constraints (RFC 5280 §4.2.1.10, §6.1.3 (b) and (c)), and those on the two types of otherName that name a service.
 *
 * RFC 4985 §4 defines constraints on SRVName. Nothing defines those on XmppAddr: its value is a domain, so the constraint is
 * read as one on dNSName is. For any other type of otherName, a constraint refuses each certificate that has such a name.
 */
import { Result } from "effect"
import { constructed, countInside, type Der, readAll, readInside, type ReadResult, tags } from "../derReader.ts"
import { type ChainBudget, makeChainBudget } from "./ChainBudget.ts"
import { type DistinguishedName, isInSubtree, mayBeInSubtree, readName } from "./distinguishedName.ts"
import { ascii, type ClaimedName, formOf, type GeneralName, mailbox, otherText } from "./generalName.ts"

export interface NameConstraints {
  readonly permitted: ReadonlyArray<Subtree>
  readonly excluded: ReadonlyArray<Subtree>
}

/** One subtree. A host with a leading dot covers only its subdomains. */
export type Subtree =
  | { readonly form: "dns" | "uri"; readonly host: string }
  | { readonly form: "email"; readonly mailbox: string | undefined; readonly host: string }
  | { readonly form: "ip"; readonly octets: Uint8Array; readonly mask: Uint8Array }
  | { readonly form: "directory"; readonly name: DistinguishedName }
  | SrvSubtree
  | { readonly form: "xmpp"; readonly host: string }
  | { readonly form: `other ${string}` }

/** RFC 4985 §4: a service, a domain or both. */
interface SrvSubtree {
  readonly form: "srv"
  readonly service: string | undefined
  readonly host: string | undefined
}

/** Reads the value of the extension, which must be DER; fails on everything that is not supported. */
export const readNameConstraints = (value: Uint8Array, budget = makeChainBudget()): ReadResult<NameConstraints> =>
  Result.gen(function*() {
    const lists = (yield* countInside(value, tags.sequence)) <= 2 ? yield* readInside(value, tags.sequence) : []
    const [first] = lists
    const [permitted, excluded, ...more] = first?.tag === constructed(0) ? lists : [undefined, ...lists]
    // At least one of the two, each at most once, in this order.
    if (first === undefined || (excluded !== undefined && excluded.tag !== constructed(1)) || more.length > 0) {
      return yield* Result.fail("malformed name constraints")
    }
    return { permitted: yield* readSubtrees(permitted, budget), excluded: yield* readSubtrees(excluded, budget) }
  })

/** Checks names against the constraints of all issuers above; fails with the form of the first that violates one. */
export const checkNameConstraints = (
  names: ReadonlyArray<ClaimedName>,
  constraints: ReadonlyArray<NameConstraints>,
  budget: ChainBudget
): ReadResult<void> => {
  const subtrees = constraints.reduce((sum, { excluded, permitted }) => sum + excluded.length + permitted.length, 0)
  if (!budget.spend({ constraintComparisons: names.length * subtrees })) return tooMany
  const perIssuer = names.length === 0 ? [] : constraints.map(byForm)
  const outside = names.find((name) => perIssuer.some((forms) => !allows(forms.get(name.form), name)))
  return outside === undefined ? Result.void : Result.fail(`a name (${outside.form}) violates a name constraint`)
}

const tooMany = Result.fail("too many constrained names")

const byForm = ({ excluded, permitted }: NameConstraints): ReadonlyMap<GeneralName["form"], NameConstraints> => {
  const forms = new Set([...permitted, ...excluded].map(({ form }) => form))
  const ofForm = (list: ReadonlyArray<Subtree>, form: string) => list.filter((subtree) => subtree.form === form)
  return new Map(
    [...forms].map((form) => [form, { permitted: ofForm(permitted, form), excluded: ofForm(excluded, form) }])
  )
}

// A form without a constraint is allowed. A name violates a constraint if its form is not processed, or if the name is
// malformed: RFC 5280 §4.2.1.10 requires to process the constraint or reject the certificate.
const allows = (constraint: NameConstraints | undefined, { name }: ClaimedName): boolean => {
  if (constraint === undefined) return true
  const { excluded, permitted } = constraint
  if (name === undefined || name.form.startsWith("other ")) return false
  return (permitted.length === 0 || permitted.some((subtree) => covers(subtree, name))) &&
    !excluded.some((subtree) => covers(subtree, name) || mayCover(subtree, name))
}

const covers = (subtree: Subtree, name: GeneralName): boolean => {
  if (subtree.form === "dns" && name.form === "dns") {
    return subtree.host === "" || coversDomain(subtree.host, name.host)
  }
  if (subtree.form === "uri" && name.form === "uri") return coversHost(subtree.host, name.host)
  if (subtree.form === "email" && name.form === "email") {
    return coversHost(subtree.host, name.host) && (subtree.mailbox === undefined || subtree.mailbox === name.mailbox)
  }
  if (subtree.form === "ip" && name.form === "ip") return coversAddress(subtree.octets, subtree.mask, name.octets)
  if (subtree.form === "srv" && name.form === "srv") {
    return (subtree.service === undefined || subtree.service === name.service) &&
      (subtree.host === undefined || coversDomain(subtree.host, name.host))
  }
  if (subtree.form === "xmpp" && name.form === "xmpp") return coversDomain(subtree.host, name.host)
  return subtree.form === "directory" && name.form === "directory" && isInSubtree(name.name, subtree.name)
}

// A wildcard that could match an excluded name is excluded too, and so is a directory name whose text cannot be
// compared with an excluded one.
const mayCover = (subtree: Subtree, name: GeneralName): boolean =>
  subtree.form === "directory" && name.form === "directory"
    ? mayBeInSubtree(name.name, subtree.name)
    : subtree.form === "dns" && name.form === "dns" && name.host.startsWith("*.") && !subtree.host.startsWith(".") &&
      subtree.host.slice(subtree.host.indexOf(".")) === name.host.slice(1)

// The domain, and those below.
const coversDomain = (base: string, host: string): boolean => host === base || isSubdomain(host, base)

const isSubdomain = (host: string, base: string): boolean => host.endsWith(base.startsWith(".") ? base : `.${base}`)

// URIs and mailboxes: exactly this host, or with a leading dot any host below.
const coversHost = (base: string, host: string): boolean => base.startsWith(".") ? host.endsWith(base) : host === base

const coversAddress = (octets: Uint8Array, mask: Uint8Array, address: Uint8Array): boolean => {
  if (octets.length !== address.length) return false
  for (let index = 0; index < address.length; index += 1) { // a loop: the most expensive comparison (measured)
    if ((((address[index] ?? 0) ^ (octets[index] ?? 0)) & (mask[index] ?? 0xff)) !== 0) return false
  }
  return true
}

// GeneralSubtrees ::= SEQUENCE SIZE (1..MAX). The budget pays before any of them is read.
const readSubtrees = (list: Der | undefined, budget: ChainBudget): ReadResult<ReadonlyArray<Subtree>> =>
  Result.gen(function*() {
    if (list === undefined) return []
    const count = yield* countInside(list.octets, list.tag)
    if (count === 0) return yield* Result.fail("malformed name constraints")
    if (!budget.spend({ names: count })) return yield* tooMany
    return yield* Result.all((yield* readAll(list.content)).map(readSubtree))
  })

const readSubtree = ({ octets }: Der): ReadResult<Subtree> =>
  Result.gen(function*() {
    const [base, ...bounds] = yield* readInside(octets, tags.sequence)
    // RFC 5280 does not use minimum and maximum.
    if (base === undefined || bounds.length > 0) return yield* Result.fail("malformed name constraint")
    const form = yield* formOf(base)
    const subtree = subtreeOf(form, base.content)
    return subtree ?? (yield* Result.fail(`malformed name constraint (${form})`))
  })

const subtreeOf = (form: Subtree["form"], content: Uint8Array): Subtree | undefined => {
  const text = ascii(content)?.toLowerCase()
  switch (form) {
    case "dns":
      return text === "" ? { form, host: text } : hostSubtree(form, text)
    case "uri":
      return hostSubtree(form, text)
    case "email":
      return emailSubtree(ascii(content))
    case "ip":
      return addressSubtree(content)
    case "directory":
      return Result.getOrUndefined(Result.map(readName(content), (name) => ({ form, name })))
    case "srv":
      return srvSubtree(otherText(content, tags.ia5String))
    case "xmpp":
      return xmppSubtree(otherText(content, tags.utf8String))
    default:
      return { form }
  }
}

// Not empty: only as dNSName the empty constraint has a meaning, it covers every name (see `subtreeOf`).
const constraintHost = /^\.?(?:[a-z0-9_-]+\.)*[a-z0-9_-]+$/

const hostSubtree = (form: "dns" | "uri", host: string | undefined): Subtree | undefined =>
  host !== undefined && constraintHost.test(host) ? { form, host } : undefined

// RFC 4985 §4: `_service`, `example.com` or `_service.example.com`. No leading dot, which it does not define.
const srvConstraint = /^(?:(_[a-z0-9-]+)(?:\.([^_].*))?|([^_].*))$/

const srvSubtree = (text: string | undefined): Subtree | undefined => {
  const [whole, service, below, alone] = srvConstraint.exec(text ?? "") ?? []
  const host = below ?? alone
  return whole !== undefined && (host === undefined || isDomain(host)) ? { form: "srv", service, host } : undefined
}

// A domain, nothing else: no mailbox, no resource, no leading dot, not empty.
const xmppSubtree = (host: string | undefined): Subtree | undefined =>
  host !== undefined && isDomain(host) ? { form: "xmpp", host } : undefined

const isDomain = (host: string): boolean => constraintHost.test(host) && !host.startsWith(".")

const emailSubtree = (text: string | undefined): Subtree | undefined => {
  if (text?.includes("@") === true) return mailbox(text)
  const host = text?.toLowerCase()
  return host !== undefined && constraintHost.test(host) ? { form: "email", mailbox: undefined, host } : undefined
}

const addressSubtree = (content: Uint8Array): Subtree | undefined => {
  const half = content.length / 2
  const mask = content.subarray(half)
  const bits = Array.from(mask, (octet) => octet.toString(2).padStart(8, "0")).join("")
  return (half === 4 || half === 16) && /^1*0*$/.test(bits)
    ? { form: "ip", octets: content.subarray(0, half), mask }
    : undefined
}
