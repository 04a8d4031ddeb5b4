/**
 * Which certificates may have issued another one, the most promising first (RFC 4158 §3.5).
 */
import { Result } from "effect"
import type { PathFaults } from "./PathFault.ts"
import { type PathNode, readPathNode, type UsableNode } from "./PathNode.ts"
import type { PathQuestion } from "./PathQuestion.ts"

/** Finds the issuers of a certificate that is so far down in a path; notes why others with that name do not serve. */
type IssuersOf = (node: PathNode, index: number) => ReadonlyArray<UsableNode>

/** Makes the search for issuers of one question. Looks for those of one certificate once. */
export const makeIssuers = (question: PathQuestion, faults: PathFaults): IssuersOf => {
  const presented = indexBySubject(question.intermediates)
  const known = new Map<Uint8Array, ReadonlyArray<UsableNode>>()
  const find = (node: PathNode, index: number): ReadonlyArray<UsableNode> => {
    const named = [...question.anchors.named(node.issuer), ...presented.get(node.issuer) ?? []]
    if (named.length === 0) {
      // Nobody else could have issued it.
      if (node.issuer === node.subject) faults.add("loop", index - 1, selfSigned)
      else {
        faults.add("no issuer", index - 1, noIssuer)
        faults.addEnd(node.der)
      }
    }
    return named
      .flatMap((issuer) => {
        const usable = useIssuer(issuer, question, faults)
        if (Result.isFailure(usable)) faults.add(issuer.isAnchor ? "anchor" : "issuer", index, usable.failure)
        return Result.isFailure(usable) ? [] : [{ ...issuer, certificate: usable.success }]
      })
      .toSorted((a, b) => badness(node, a) - badness(node, b) || b.notAfter - a.notAfter)
  }
  return (node, index) => {
    const issuers = known.get(node.der) ?? find(node, index)
    known.set(node.der, issuers)
    return issuers
  }
}

export const selfSigned = "a self-signed certificate is no trust anchor"
export const noIssuer = "its issuer was not presented, and is no trust anchor"

const useIssuer = (
  { notAfter, notBefore, usable }: PathNode,
  { now, purpose }: PathQuestion,
  faults: PathFaults
): PathNode["usable"] => {
  if (now > notAfter) return Result.fail("the issuer's certificate has expired")
  if (now < notBefore) {
    faults.addStart(notBefore)
    return Result.fail("the issuer's certificate is not valid yet")
  }
  return Result.filterOrFail(
    usable,
    ({ extendedKeyUsage }) =>
      purpose === undefined || extendedKeyUsage === undefined || extendedKeyUsage.has(purpose) ||
      extendedKeyUsage.has(anyPurpose),
    () => "the issuer may not issue for this purpose (extendedKeyUsage)"
  )
}

/** anyExtendedKeyUsage, RFC 5280 §4.2.1.12 */
const anyPurpose = "2.5.29.37.0"

/** Do both name a key, but not the same? RFC 5280 §4.2.1.1: a hint, which decides nothing where the signature is good. */
export const keyIdsDiffer = ({ keyIds: { issuer } }: PathNode, { keyIds: { own } }: PathNode): boolean =>
  issuer !== undefined && own !== undefined && issuer !== own

// Another key last; then anchors before others, and the key that is named before one without a name.
const badness = (node: PathNode, issuer: PathNode): number =>
  (keyIdsDiffer(node, issuer) ? 4 : 0) + (issuer.isAnchor ? 0 : 2) + (node.keyIds.issuer === issuer.keyIds.own ? 0 : 1)

// A certificate is there once, however often it was presented. One that cannot be read was not presented.
const indexBySubject = (ders: ReadonlyArray<Uint8Array>): ReadonlyMap<string, ReadonlyArray<PathNode>> => {
  const distinct = new Map(ders.map((der) => [Buffer.from(der).toString("latin1"), der]))
  const nodes = [...distinct.values()].flatMap((der) => {
    const node = readPathNode(der, "issuer")
    return Result.isSuccess(node) ? [node.success] : []
  })
  return Map.groupBy(nodes, ({ subject }) => subject)
}
