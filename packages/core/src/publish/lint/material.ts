/**
 * Lints about the published material.
 */
import { Result } from "effect"
import { type Descriptor, hashNames, type JwkEntry, type Material } from "../../association/Material.ts"
import { type Lint, lint } from "../../Lint.ts"
import { makeChainValidator } from "../../proof/posh/ChainCheck.ts"

/** Checks POSH-PUB-05, POSH-PUB-07, POSH-PUB-13 and POSH-MAT-31, as far as material alone shows them. */
export const lintMaterial = (material: Material, now: number): ReadonlyArray<Lint> =>
  material._tag === "Fingerprints"
    ? [...lintSha256(material.descriptors), ...lintConsistency(material.descriptors)]
    : [...lintOrder(material.entries), ...lintChains(material.entries, now)]

/** A verifier that supports only sha-256 ignores a descriptor without one (Appendix C). */
const lintSha256 = (descriptors: ReadonlyArray<Descriptor>): ReadonlyArray<Lint> =>
  descriptors
    .filter(({ hashes }) => hashes["sha-256"] === undefined)
    .map(({ index }) => lint("Sha256Missing", "error", `fingerprints[${index}]`))

// One certificate has one hash of each kind, so two descriptors that agree in one hash and differ in another cannot
// both be correct.
const lintConsistency = (descriptors: ReadonlyArray<Descriptor>): ReadonlyArray<Lint> =>
  descriptors.flatMap((descriptor) => {
    const other = descriptors.find((candidate) => isContradictory(descriptor, candidate))
    return other === undefined
      ? []
      : [
        lint(
          "DescriptorInconsistent",
          "warning",
          `fingerprints[${descriptor.index}]`,
          `see fingerprints[${other.index}]`
        )
      ]
  })

const isContradictory = (a: Descriptor, b: Descriptor): boolean => {
  const agreements = hashNames.flatMap((name) => {
    const ours = a.hashes[name]
    const theirs = b.hashes[name]
    return ours === undefined || theirs === undefined ? [] : [Buffer.compare(ours, theirs) === 0]
  })
  return new Set(agreements).size === 2
}

// Only JWK Sets: fingerprints have no dates, so their order cannot be checked.
const lintOrder = (entries: ReadonlyArray<JwkEntry>): ReadonlyArray<Lint> =>
  entries.flatMap((entry, position) =>
    entries.slice(position + 1).some(({ notAfter }) => notAfter > entry.notAfter)
      ? [lint("OldestFirst", "warning", `keys[${entry.index}]`)]
      : []
  )

// Verifiers may check chains (POSH-MAT-20), ours by default without SHA-1. A renewed certificate that is published
// early (POSH-MAT-13) is checked at its notBefore. Chains beyond the budget cause no finding.
const lintChains = (entries: ReadonlyArray<JwkEntry>, now: number): ReadonlyArray<Lint> => {
  const validate = makeChainValidator()
  return entries.flatMap((entry) => {
    const checked = validate(entry, { now: Math.max(now, entry.notBefore), allowSha1: false })
    if (checked === undefined || Result.isSuccess(checked)) return []
    const { detail, index } = checked.failure
    return [lint("ChainInvalid", "warning", `keys[${entry.index}].x5c[${index}]`, detail)]
  })
}
