/**
 * The source domain in canonical form: lower-case A-labels, no trailing dot (requirements §2.1).
 */
import { type Brand, Result } from "effect"
import { toASCII } from "tr46"
import { ownText } from "../encoding/own.ts"
import { quote } from "../encoding/quote.ts"
import { questionLimits } from "../Limits.ts"
import { QuestionError } from "./QuestionError.ts"

export type Domain = string & Brand.Brand<"Domain">

export interface DomainPolicy {
  /** Accept names that never resolve publicly, such as `.test` and `.example`. For tests and demonstrations. */
  readonly allowSpecialUse: boolean
}

/** Why a domain is refused; the end of `detail`, in parentheses. */
export type DomainFault =
  | "not-text"
  | "empty"
  | "too-long"
  | "forbidden-character"
  | "idna"
  | "label"
  | "ip-literal"
  | "not-public"

/**
 * Parses a domain given as U-labels or A-labels.
 *
 * **Details**
 *
 * Fails with `InvalidSourceDomain` (POSH-RES-01…08). Refuses text that IDNA libraries or URL parsers would repair,
 * before they see it.
 */
export const parseDomain = (raw: string, policy: DomainPolicy): Result.Result<Domain, QuestionError> =>
  Result.map(readDomain(raw, policy), ownDomain)

/** A copy: a domain that is cached must not keep the request or the document alive that it is a slice of. */
export const ownDomain = (domain: Domain): Domain => ownText(domain) as Domain

/** As {@link parseDomain}, but the domain may share memory with `raw`: {@link ownDomain} copies what is kept. */
export const readDomain = (raw: string, policy: DomainPolicy): Result.Result<Domain, QuestionError> => {
  if (isUsual(raw, policy)) return Result.succeed(raw as Domain)
  const fault = rawFault(raw)
  if (fault !== undefined) return Result.fail(invalid(fault))

  const mapped = isPlain(raw) ? raw : toASCII(raw, uts46)
  if (mapped === null) {
    return Result.fail(looksNumeric(raw) ? invalid("ip-literal") : invalid("idna", explainIdna(raw)))
  }

  const name = mapped.endsWith(".") ? mapped.slice(0, -1) : mapped // POSH-RES-03
  const nameFault = canonicalFault(name, policy)
  return nameFault === undefined
    ? Result.succeed(name as Domain)
    : Result.fail(invalid(nameFault, nameFault === "not-public" ? explainNotPublic(name) : undefined))
}

/**
 * True for most names in canonical form, by one look at their characters: labels of letters, digits and inner hyphens, none
 * next to another, and a last label that is no number (POSH-RES-02, POSH-RES-04, POSH-RES-05). All others are looked at
 * rule by rule.
 */
const isUsual = (raw: string, policy: DomainPolicy): boolean =>
  typeof raw === "string" && raw.length <= 253 && usual.test(raw) && !raw.includes("--") &&
  (policy.allowSpecialUse || !isSpecialUse(raw))

const usual = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** Is this text the canonical form of an acceptable domain? */
export const isCanonicalDomain = (text: string, policy: DomainPolicy): text is Domain =>
  Result.match(parseDomain(text, policy), { onFailure: () => false, onSuccess: (domain) => domain === text })

// POSH-RES-02. The length is checked below: UTS-46 refuses the empty root label of a trailing dot.
const uts46 = {
  checkHyphens: true,
  checkBidi: true,
  checkJoiners: true,
  useSTD3ASCIIRules: true,
  verifyDNSLength: false,
  transitionalProcessing: false,
  ignoreInvalidPunycode: false
} as const

/**
 * Fast path for most names: lower-case letters, digits and inner hyphens, and no label with hyphens in third and fourth
 * place, which IDNA reserves. UTS-46 maps such a name to itself.
 */
export const isPlain = (raw: string): boolean => /^[a-z0-9.-]+$/.test(raw) && !/(^|\.)(-|..--)|-(\.|$)/.test(raw)

// POSH-RES-01: C0, C1, white space and the delimiters of URLs, before any library can interpret them.
const forbidden = /[\u0000-\u0020\u007f-\u00a0\s/\\?#@:%[\]*,]/u
const loneSurrogate = /\p{Surrogate}/u

const rawFault = (raw: unknown): DomainFault | undefined => {
  if (typeof raw !== "string") return "not-text"
  if (raw === "") return "empty"
  if (raw.length > questionLimits.domainOctets || octetsOf(raw) > questionLimits.domainOctets) return "too-long"
  if (raw.startsWith("[") || raw.includes(":")) {
    return /^[[\]0-9a-f:.]+$/i.test(raw)
      ? "ip-literal"
      : "forbidden-character"
  }
  return forbidden.test(raw) || loneSurrogate.test(raw) ? "forbidden-character" : undefined
}

const utf8 = new TextEncoder()

const octetsOf = (text: string): number => isPlain(text) ? text.length : utf8.encode(text).length

const label = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/ // POSH-RES-04

const canonicalFault = (name: string, policy: DomainPolicy): DomainFault | undefined => {
  const labels = name.split(".")
  if (name.length > 253) return "too-long"
  if (!labels.every((text) => label.test(text))) return "label"
  if (looksNumeric(name)) return "ip-literal" // POSH-RES-05, after mapping
  if (labels.length < 2) return "not-public" // in the test profile too (requirements §8.1)
  return !policy.allowSpecialUse && isSpecialUse(name) ? "not-public" : undefined
}

/** A host whose last label is a number is an IPv4 address, as in WHATWG URL parsing (POSH-RES-05). */
const looksNumeric = (name: string): boolean => /(^|\.)(\d+|0x[0-9a-f]*)\.?$/i.test(name)

/**
 * Last labels of names that never resolve publicly: the RFC 6761 registry, its later additions, and more (POSH-RES-06).
 * `npm run check:registries` compares them with the registry of today.
 */
export const specialUse: ReadonlySet<string> = new Set([
  "localhost",
  "local",
  "internal",
  "onion",
  "invalid",
  "test",
  "example",
  "alt",
  "arpa",
  "home",
  "corp",
  "mail",
  "lan",
  "localdomain"
])
/** Names of special use below a public top-level domain, with all below them. */
export const specialUseNames: ReadonlySet<string> = new Set(["example.com", "example.net", "example.org"])

/** `name`: canonical, of two labels at least. */
const isSpecialUse = (name: string): boolean => {
  const last = name.lastIndexOf(".")
  return specialUse.has(name.slice(last + 1)) || specialUseNames.has(name.slice(name.lastIndexOf(".", last - 1) + 1))
}

const explanations: Record<DomainFault, string> = {
  "not-text": "the domain is missing, or not a text",
  "empty": "the domain is empty",
  "too-long": "the domain is too long",
  "forbidden-character": "the domain holds a character that no host name has (a port, a path or user-info?)",
  "idna": "the domain is not a valid internationalized name (IDNA)",
  "label": "a label is empty, too long, or not letters, digits and inner hyphens",
  "ip-literal": "an IP address is not a domain",
  "not-public": "the domain is not public, so nothing is published there"
}

const invalid = (fault: DomainFault, explanation = explanations[fault]) =>
  new QuestionError({ code: "InvalidSourceDomain", field: "domain", detail: `${explanation} (${fault})` })

/** Which rule of IDNA an ASCII name breaks; libraries do not say. */
const explainIdna = (raw: string): string | undefined => {
  const [character] = /[^a-z0-9.\-\u0080-\u{10ffff}]/iu.exec(raw) ?? []
  if (character !== undefined) {
    return `the domain holds "${quote(character)}"; labels have letters, digits and inner hyphens`
  }
  if (/(?:^|\.)-|-(?:\.|$)/.test(raw)) return "a label starts or ends with a hyphen"
  if (/(?:^|\.)xn--/i.test(raw)) return "a label that starts with xn-- is not valid Punycode"
  return /(?:^|\.)[^.]{2}--/u.test(raw)
    ? "a label has hyphens in third and fourth place, which IDNA reserves"
    : undefined
}

const explainNotPublic = (name: string): string =>
  name.includes(".")
    ? `the domain ends in ${specialEnd(name)}, which is reserved for special use, so nothing is published there`
    : "the domain is a single label; give the whole name, such as im.example.org"

const specialEnd = (name: string): string => {
  const labels = name.split(".")
  const last = labels.at(-1) ?? ""
  return specialUse.has(last) ? last : labels.slice(-2).join(".")
}
