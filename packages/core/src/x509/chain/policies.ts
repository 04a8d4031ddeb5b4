/**
 * Certificate policies (RFC 5280 §4.2.1.4, §4.2.1.5, §4.2.1.11, §4.2.1.14). The initial policy set is any-policy, so
 * every policy is acceptable, and no path fails for lack of one, unless policy constraints require it.
 */
import { Result } from "effect"
import { chainLimits } from "../../Limits.ts"
import { type Der, readCount, readInside, readOid, readOne, type ReadResult, tags } from "../derReader.ts"
import { oids, readOptional } from "../extensions.ts"
import type { Fields } from "../fields.ts"

/** OIDs of the extensions that only this module processes. */
export const policyOids = { mappings: "2.5.29.33", constraints: "2.5.29.36", inhibitAny: "2.5.29.54" } as const

/**
 * Checks the policy extensions of a certificate of a chain.
 *
 * **Gotchas**
 *
 * POLICY CONSTRAINTS ARE REFUSED, critical or not, because THE VALID POLICY TREE IS NOT BUILT (§6.1.2 (a)).
 */
export const checkPolicies = ({ extensions }: Fields): ReadResult<void> =>
  Result.gen(function*() {
    if (extensions.has(policyOids.constraints)) return yield* Result.fail("policy constraints are not accepted")
    const read = <A>(oid: string, reader: (value: Uint8Array) => ReadResult<A>) =>
      readOptional(extensions.get(oid), reader, chainLimits.policyElements)
    const critical = extensions.get(oids.certificatePolicies)?.critical === true
    yield* read(oids.certificatePolicies, (value) => readPolicies(value, critical))
    yield* read(policyOids.mappings, readMappings)
    // Only the syntax: the number limits anyPolicy, which has no effect without the policy tree.
    yield* read(policyOids.inhibitAny, (value) => Result.flatMap(readOne(value, tags.integer), readCount))
  })

// §4.2.1.4: in a critical extension, all qualifiers must be known.
const readPolicies = (value: Uint8Array, critical: boolean): ReadResult<void> =>
  Result.gen(function*() {
    const seen = new Set<string>()
    const policies = yield* readInside(value, tags.sequence)
    for (const { octets } of policies) {
      const [name, qualifiers, ...more] = yield* readInside(octets, tags.sequence)
      const policy = yield* readOid(name)
      if (seen.has(policy) || more.length > 0) return yield* malformed
      seen.add(policy)
      if (qualifiers !== undefined) yield* readQualifiers(qualifiers, critical)
    }
    if (policies.length === 0) return yield* malformed
  })

const readQualifiers = ({ octets }: Der, critical: boolean): ReadResult<void> =>
  Result.gen(function*() {
    const qualifiers = yield* readInside(octets, tags.sequence)
    if (qualifiers.length === 0) return yield* malformed
    for (const { octets } of qualifiers) {
      const [name, value, ...more] = yield* readInside(octets, tags.sequence)
      const qualifier = yield* readOid(name)
      if (value === undefined || more.length > 0) return yield* malformed
      if (critical && !knownQualifiers.has(qualifier)) {
        return yield* Result.fail(`qualifier ${qualifier} is not understood`)
      }
    }
  })

// CPS pointer and user notice: text for people (§4.2.1.4).
const knownQualifiers: ReadonlySet<string> = new Set(["1.3.6.1.5.5.7.2.1", "1.3.6.1.5.5.7.2.2"])

// §6.1.4 (a): anyPolicy must not be mapped.
const readMappings = (value: Uint8Array): ReadResult<void> =>
  Result.gen(function*() {
    const mappings = yield* readInside(value, tags.sequence)
    if (mappings.length === 0) return yield* malformed
    for (const { octets } of mappings) {
      const [from, to, ...more] = yield* readInside(octets, tags.sequence)
      const policies = [yield* readOid(from), yield* readOid(to)]
      if (more.length > 0 || policies.includes(anyPolicy)) return yield* malformed
    }
  })

const anyPolicy = "2.5.29.32.0"

const malformed = Result.fail("it is malformed")
