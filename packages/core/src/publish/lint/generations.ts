/**
 * Compares the two generations of a domain, which should agree during a migration (POSH-PUB-15, POSH-NEG-07).
 */
import {
  type Descriptor,
  type Fingerprints,
  hashNames,
  type JwkEntry,
  type JwkSet
} from "../../association/Material.ts"
import { type Lint, lint } from "../../Lint.ts"
import { digest } from "../../presented/Presented.ts"

/** Finds certificates that only one generation publishes. Ignores expired entries. */
export const lintGenerations = (rfc: Fingerprints, draft: JwkSet, now: number): ReadonlyArray<Lint> => {
  const entries = draft.entries.filter(({ notAfter }) => now <= notAfter)
  const entriesAlone = entries.filter((entry) => !rfc.descriptors.some((descriptor) => describes(descriptor, entry)))
  const descriptorsAlone = rfc.descriptors.filter((descriptor) =>
    !entries.some((entry) => describes(descriptor, entry))
  )
  return [
    ...entriesAlone.map(({ index }) => disagreement(`keys[${index}]`, "not in the fingerprints")),
    ...descriptorsAlone.map(({ index }) => disagreement(`fingerprints[${index}]`, "not in the JWK Set"))
  ]
}

// Compares the strongest hash of the descriptor (POSH-MAT-30).
const describes = ({ hashes }: Descriptor, { chain: [leaf] }: JwkEntry): boolean => {
  const name = hashNames.find((candidate) => hashes[candidate] !== undefined)
  const published = name === undefined ? undefined : hashes[name]
  return name !== undefined && published !== undefined && leaf !== undefined &&
    Buffer.compare(published, digest(name, leaf)) === 0
}

const disagreement = (path: string, detail: string) => lint("GenerationsDisagree", "warning", path, detail)
