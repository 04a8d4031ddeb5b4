/**
 * What a certificate of a chain claims: the names that constraints apply to, and its own constraints on names below.
 */
import { Result } from "effect"
import { countInside, readInside, type ReadResult, tags } from "../derReader.ts"
import { oids } from "../extensions.ts"
import type { ChainBudget } from "./ChainBudget.ts"
import { type ClaimedName, readClaimedName, toClaimedDirectory, toClaimedEmail } from "./generalName.ts"
import { type NameConstraints, readNameConstraints } from "./nameConstraints.ts"
import type { PathCertificate } from "./PathCertificate.ts"

/** Reads the constraints of an issuer; empty if it has none. */
export const readConstraints = (
  { extensions }: PathCertificate,
  budget: ChainBudget
): ReadResult<ReadonlyArray<NameConstraints>> => {
  const extension = extensions.get(oids.nameConstraints)
  return extension === undefined
    ? Result.succeed([])
    : Result.map(readNameConstraints(extension.value, budget), (constraints) => [constraints])
}

/**
 * Reads the names that constraints apply to. RFC 5280 §4.2.1.10: the subject if it is not empty, and subjectAltName, or
 * without it the emailAddresses of the subject.
 */
export const readClaimedNames = (
  { extensions, subject }: PathCertificate,
  budget: ChainBudget
): ReadResult<ReadonlyArray<ClaimedName>> =>
  Result.gen(function*() {
    const altNames = extensions.get(oids.subjectAltName)?.value
    const count = altNames === undefined ? subject.emails.length : yield* countInside(altNames, tags.sequence)
    if (!budget.spend({ names: count })) return yield* Result.fail(tooMuchWork)
    const names = altNames === undefined ? [] : yield* readInside(altNames, tags.sequence)
    return [
      ...(subject.rdns.length === 0 ? [] : [toClaimedDirectory(subject)]),
      ...yield* Result.all(names.map(readClaimedName)),
      ...(altNames === undefined ? subject.emails.map(toClaimedEmail) : [])
    ]
  })

/** The fault of a chain whose validation exceeds the budget. */
export const tooMuchWork = "checking it would take too much work"
