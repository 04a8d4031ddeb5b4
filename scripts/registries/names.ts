/**
 * Compares the names that are never asked about with IANA's registry of special-use domain names (RFC 6761).
 */
import { readTable } from "./csv.ts"

export interface NameRules {
  /** Is this domain refused? */
  readonly isRefused: (domain: string) => boolean
  /** The names that are refused, with all below them. */
  readonly names: ReadonlyArray<string>
  /** Names of ours that are not in the registry, each with its reason. */
  readonly own: Readonly<Record<string, string>>
}

/** What differs, a sentence each; the same three kinds as of addresses. `registry` is the text of the CSV file. */
export const compareNames = (registry: string, rules: NameRules): ReadonlyArray<string> => {
  const registered = readTable(registry, ["Name"]).map((row) => row.Name.trim().toLowerCase().replace(/\.$/, ""))
  return [
    ...registered.flatMap((name) => [name, `posh.${name}`].filter((domain) => !rules.isRefused(domain)).slice(0, 1))
      .map((domain) => `${domain} is of special use, but would be asked about`),
    ...rules.names.filter((name) => !registered.includes(name) && rules.own[name] === undefined)
      .map((name) => `${name} is refused, but not in the registry: give the reason`),
    ...Object.keys(rules.own).filter((name) => !rules.names.includes(name))
      .map((name) => `${name} has a reason, but is not refused`),
    ...Object.keys(rules.own).filter((name) => registered.includes(name))
      .map((name) => `${name} needs no reason of ours: it is in the registry`)
  ]
}
