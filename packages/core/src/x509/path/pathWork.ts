/**
 * The expensive parts of a search for a path, each done once and paid from one budget (POSH-SEC-13).
 */
import { Result } from "effect"
import { chainLimits, pathLimits } from "../../Limits.ts"
import { type ChainBudget, makeChainBudget } from "../chain/ChainBudget.ts"
import { readClaimedNames, readConstraints, tooMuchWork } from "../chain/claims.ts"
import type { ClaimedName } from "../chain/generalName.ts"
import type { NameConstraints, Subtree } from "../chain/nameConstraints.ts"
import type { PathCertificate } from "../chain/PathCertificate.ts"
import { checkSignature, costOf } from "../chain/signature.ts"
import type { PathWork } from "../chain/validatePath.ts"
import type { ReadResult } from "../derReader.ts"

export const makePathWork = (allowSha1: boolean): PathWork => {
  const budget = makeChainBudget({ ...chainLimits, signatures: pathLimits.signatures })
  const signatures = memoize((certificate) =>
    memoizeBy(
      (spki: Uint8Array) => Buffer.from(spki).toString("latin1"),
      (spki) => checkWithin(budget, certificate, spki, allowSha1)
    )
  )
  return {
    budget,
    checkSignature: (certificate, spki) => signatures(certificate)(spki),
    constraintsOf: memoize((issuer) => Result.flatMap(readConstraints(issuer, budget), checkDnsConstraints)),
    namesOf: memoize((certificate) => Result.map(readClaimedNames(certificate, budget), withServiceDomains))
  }
}

const checkWithin = (budget: ChainBudget, certificate: PathCertificate, spki: Uint8Array, allowSha1: boolean) =>
  budget.spend({ signatures: costOf(spki) })
    ? checkSignature(certificate, spki, allowSha1)
    : Result.fail(tooMuchWork)

// RFC 5280 §4.2.1.10: constraints on dNSName are host names. With a leading dot, implementations differ on what they cover.
const checkDnsConstraints = (
  constraints: ReadonlyArray<NameConstraints>
): ReadResult<ReadonlyArray<NameConstraints>> => {
  const hasDot = (subtree: Subtree) => subtree.form === "dns" && subtree.host.startsWith(".")
  return constraints.some(({ excluded, permitted }) => permitted.some(hasDot) || excluded.some(hasDot))
    ? Result.fail("malformed name constraint (dns)")
    : Result.succeed(constraints)
}

// Ours: who may only issue for a domain's dNSNames may not name services of other domains either. RFC 5280 would leave
// SRVName and XmppAddr free where only dNSName is constrained, and almost no CA constrains these forms.
const withServiceDomains = (names: ReadonlyArray<ClaimedName>): ReadonlyArray<ClaimedName> => [
  ...names,
  ...names.filter(({ form }) => form === "srv" || form === "xmpp").map(toDnsName)
]

const toDnsName = ({ name }: ClaimedName): ClaimedName => ({
  form: "dns",
  name: name?.form === "srv" || name?.form === "xmpp" ? { form: "dns", host: name.host } : undefined
})

const memoize = <A>(make: (certificate: PathCertificate) => A): (certificate: PathCertificate) => A =>
  memoizeBy((certificate) => certificate, make)

const memoizeBy = <K, A, B>(keyOf: (input: A) => K, make: (input: A) => B): (input: A) => B => {
  const results = new Map<K, B>()
  return (input) => {
    const key = keyOf(input)
    const known = results.get(key)
    if (known !== undefined) return known
    const made = make(input)
    results.set(key, made)
    return made
  }
}
