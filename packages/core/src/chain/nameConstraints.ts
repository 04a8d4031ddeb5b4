/**
 * Name constraints (RFC 5280 §4.2.1.10, §6.1.3 (b) and (c)).
 */
import { Result } from "effect"
import { constructed, type Der, type Read, readAll, readInside, tags } from "../encoding/derReader.ts"
import type { ChainBudget } from "./ChainBudget.ts"
import { type DistinguishedName, isBelow, readName } from "./distinguishedName.ts"
import { ascii, type ClaimedName, formOf, type GeneralName } from "./generalName.ts"

export interface NameConstraints {
  readonly permitted: ReadonlyArray<Subtree>
  readonly excluded: ReadonlyArray<Subtree>
}

/** What one constraint covers; for hosts, a leading dot stands for the names below alone. */
type Subtree =
  | { readonly form: "dns" | "uri"; readonly host: string }
  | { readonly form: "email"; readonly mailbox: string | undefined; readonly host: string }
  | { readonly form: "ip"; readonly octets: Uint8Array; readonly mask: Uint8Array }
  | { readonly form: "directory"; readonly name: DistinguishedName }
  | { readonly form: `other ${string}` }

/** Reads the extension's value. */
export const readNameConstraints = (value: Uint8Array): Read<NameConstraints> =>
  Result.gen(function*() {
    const lists = yield* readInside(value, tags.sequence)
    const list = (number: number) => lists.find(({ tag }) => tag === constructed(number))?.content
    return { permitted: yield* readSubtrees(list(0)), excluded: yield* readSubtrees(list(1)) }
  })

/** Are all these names inside what every issuer above allows? Fails with the form of the first that is not. */
export const checkNames = (
  names: ReadonlyArray<ClaimedName>,
  constraints: ReadonlyArray<NameConstraints>,
  budget: ChainBudget
): Read<void> => {
  const subtrees = constraints.reduce((sum, { excluded, permitted }) => sum + excluded.length + permitted.length, 0)
  if (!budget.spend("constraintComparisons", names.length * subtrees)) return Result.fail("too many constrained names")
  const outside = names.find((name) => constraints.some((constraint) => !allows(constraint, name)))
  return outside === undefined ? Result.void : Result.fail(`a name (${outside.form}) violates a name constraint`)
}

// A form that nothing is said about is free. A form that is constrained but not processed, or a name of a constrained
// form that cannot be read, counts as outside: RFC 5280 §4.2.1.10 leaves processing or rejecting.
const allows = (constraint: NameConstraints, claim: ClaimedName): boolean => {
  const permitted = constraint.permitted.filter(({ form }) => form === claim.form)
  const excluded = constraint.excluded.filter(({ form }) => form === claim.form)
  if (permitted.length === 0 && excluded.length === 0) return true
  const { name } = claim
  if (name === undefined || name.form.startsWith("other ")) return false
  return (permitted.length === 0 || permitted.some((subtree) => covers(subtree, name))) &&
    !excluded.some((subtree) => covers(subtree, name) || mayCover(subtree, name))
}

const covers = (subtree: Subtree, name: GeneralName): boolean => {
  if (subtree.form === "dns" && name.form === "dns") {
    return subtree.host === "" || name.host === subtree.host || isUnder(name.host, subtree.host)
  }
  if (subtree.form === "uri" && name.form === "uri") return coversHost(subtree.host, name.host)
  if (subtree.form === "email" && name.form === "email") {
    return coversHost(subtree.host, name.host) && (subtree.mailbox === undefined || subtree.mailbox === name.mailbox)
  }
  if (subtree.form === "ip" && name.form === "ip") return coversAddress(subtree.octets, subtree.mask, name.octets)
  return subtree.form === "directory" && name.form === "directory" && isBelow(name.name, subtree.name)
}

// A wildcard that could stand for an excluded name is excluded with it.
const mayCover = (subtree: Subtree, name: GeneralName): boolean =>
  subtree.form === "dns" && name.form === "dns" && name.host.startsWith("*.") && !subtree.host.startsWith(".") &&
  subtree.host.slice(subtree.host.indexOf(".")) === name.host.slice(1)

const isUnder = (host: string, base: string): boolean => host.endsWith(base.startsWith(".") ? base : `.${base}`)

// URIs and mailboxes: exactly this host, or with a leading dot any host below.
const coversHost = (base: string, host: string): boolean => base.startsWith(".") ? host.endsWith(base) : host === base

const coversAddress = (octets: Uint8Array, mask: Uint8Array, address: Uint8Array): boolean =>
  octets.length === address.length &&
  address.every((octet, index) => ((octet ^ (octets[index] ?? 0)) & (mask[index] ?? 0xff)) === 0)

const readSubtrees = (list: Uint8Array | undefined): Read<ReadonlyArray<Subtree>> =>
  list === undefined
    ? Result.succeed([])
    : Result.flatMap(readAll(list), (subtrees) => Result.all(subtrees.map(readSubtree)))

const readSubtree = ({ octets }: Der): Read<Subtree> =>
  Result.gen(function*() {
    const [base, ...bounds] = yield* readInside(octets, tags.sequence)
    // RFC 5280 knows no use of minimum and maximum.
    if (base === undefined || bounds.length > 0) return yield* Result.fail("malformed name constraint")
    const form = yield* formOf(base)
    const subtree = subtreeOf(form, base.content)
    return subtree ?? (yield* Result.fail(`malformed name constraint (${form})`))
  })

const subtreeOf = (form: Subtree["form"], content: Uint8Array): Subtree | undefined => {
  const text = ascii(content)?.toLowerCase()
  switch (form) {
    case "dns":
    case "uri":
      return text !== undefined && constraintHost.test(text) ? { form, host: text } : undefined
    case "email":
      return emailSubtree(ascii(content))
    case "ip":
      return addressSubtree(content)
    case "directory":
      return Result.getOrUndefined(Result.map(readName(content), (name) => ({ form, name })))
    default:
      return { form }
  }
}

const constraintHost = /^(?:\.?(?:[a-z0-9_-]+\.)*[a-z0-9_-]+)?$/

const emailSubtree = (text: string | undefined): Subtree | undefined => {
  if (text === undefined) return undefined
  const at = text.lastIndexOf("@")
  const host = text.slice(at + 1).toLowerCase()
  return constraintHost.test(host)
    ? { form: "email", mailbox: at < 0 ? undefined : text.slice(0, at), host }
    : undefined
}

const addressSubtree = (content: Uint8Array): Subtree | undefined => {
  const half = content.length / 2
  const mask = content.subarray(half)
  const bits = Array.from(mask, (octet) => octet.toString(2).padStart(8, "0")).join("")
  return (half === 4 || half === 16) && /^1*0*$/.test(bits)
    ? { form: "ip", octets: content.subarray(0, half), mask }
    : undefined
}
