/**
 * `npm run check:registries`: compares the policy on addresses and the refused names with IANA's registries, which change
 * some times a year. Needs the Internet; `-- <URL>` reads the files below that URL instead. Exits 1 where they differ, and
 * 2 where a registry cannot be read.
 */
import { compareAddresses } from "./registries/addresses.ts"
import { compareNames } from "./registries/names.ts"
import { addressRules, nameRules } from "./registries/ours.ts"

const [base = "https://www.iana.org/assignments/"] = process.argv.slice(2)

/** The registries have a few kilobytes. */
const maxCharacters = 1_000_000

const read = async (path: string): Promise<string> => {
  const response = await fetch(new URL(path, base), { signal: AbortSignal.timeout(60_000) })
  if (!response.ok) throw new Error(`${response.url} answers with ${response.status}`)
  const text = await response.text()
  if (text.length > maxCharacters) throw new Error(`${response.url} is longer than any registry`)
  return text
}

const compare = async (): Promise<ReadonlyArray<string>> => {
  const [ipv4, ipv6, names] = await Promise.all([
    read("iana-ipv4-special-registry/iana-ipv4-special-registry-1.csv"),
    read("iana-ipv6-special-registry/iana-ipv6-special-registry-1.csv"),
    read("special-use-domain-names/special-use-domain.csv")
  ])
  return [...compareAddresses([ipv4, ipv6], addressRules), ...compareNames(names, nameRules)]
}

const differences = await compare().catch((cause: unknown) => {
  console.error("registries: not compared:", cause)
  process.exit(2)
})
for (const difference of differences) console.error(difference)
console.log(differences.length === 0 ? "registries: ok" : `registries: ${differences.length} differences`)
process.exitCode = differences.length === 0 ? 0 : 1
