/**
 * Finds a path from a certificate to a trust anchor among untrusted certificates in any order (RFC 4158), and validates it
 * (RFC 5280 §6.1). Depth first from the leaf.
 */
import { Result } from "effect"
import { pathLimits } from "../../Limits.ts"
import type { PathFault } from "./PathFault.ts"
import { type PathNode, readPathNode } from "./PathNode.ts"
import type { PathQuestion } from "./PathQuestion.ts"
import { searchPath } from "./searchPath.ts"

export interface FoundPath {
  /** DER, leaf first, anchor last. */
  readonly certificates: ReadonlyArray<Uint8Array>
  /** The latest notBefore and the earliest notAfter, the anchor's among them; milliseconds since the epoch, inclusive. */
  readonly notBefore: number
  readonly notAfter: number
}

/**
 * Finds a valid path.
 *
 * **Details**
 *
 * Of several, the first: anchors before intermediates, and issuers with the key identifier that the certificate names before
 * others. What has expired, or is no CA, is passed over in favour of another way. An anchor's dates are checked as well.
 *
 * **Gotchas**
 *
 * A leaf is no path by itself, even if it is an anchor. NAMES, REVOCATION AND THE USES OF THE LEAF ARE NOT CHECKED.
 */
export const findPath = (question: PathQuestion): Result.Result<FoundPath, PathFault> => {
  const { intermediates, now } = question
  const octets = intermediates.reduce((sum, { length }) => sum + length, 0)
  if (intermediates.length > pathLimits.intermediates || octets > pathLimits.intermediatesOctets) {
    return refuse("tooMuchWork", "there are too many certificates, or too large ones")
  }
  const leaf = readPathNode(question.leaf, "leaf")
  if (Result.isFailure(leaf)) return refuse("invalid", leaf.failure)
  const { notAfter, notBefore, usable } = leaf.success
  if (Result.isFailure(usable)) return refuse("invalid", usable.failure)
  if (now > notAfter) return refuse("invalid", "the certificate has expired")
  if (now < notBefore) return refuse("invalid", "the certificate is not valid yet", notBefore)
  return Result.map(searchPath({ ...leaf.success, certificate: usable.success }, question), toFoundPath)
}

const refuse = (
  reason: PathFault["reason"],
  detail: string,
  until: number = Number.POSITIVE_INFINITY
): Result.Result<never, PathFault> => Result.fail({ reason, detail, index: 0, until, ends: [] })

const toFoundPath = (path: ReadonlyArray<PathNode>): FoundPath => ({
  certificates: path.map(({ der }) => der),
  notBefore: Math.max(...path.map(({ notBefore }) => notBefore)),
  notAfter: Math.min(...path.map(({ notAfter }) => notAfter))
})
