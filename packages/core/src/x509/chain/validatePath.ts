/**
 * Path validation from an anchor down to a leaf (RFC 5280 §6.1). THE DATES ARE NOT CHECKED: the published chain (`Chain`)
 * and the path that is found among untrusted certificates (`findPath`) each have a rule of their own for them.
 */
import { Result } from "effect"
import { documentLimits } from "../../Limits.ts"
import type { ReadResult } from "../derReader.ts"
import { oids } from "../extensions.ts"
import type { ChainBudget } from "./ChainBudget.ts"
import { type DistinguishedName, isSameName } from "./distinguishedName.ts"
import type { ClaimedName } from "./generalName.ts"
import { checkNameConstraints, type NameConstraints } from "./nameConstraints.ts"
import type { PathCertificate } from "./PathCertificate.ts"

export interface ChainFault {
  /** What is wrong, for a person; bounded. */
  readonly detail: string
  /** The position in the chain of the certificate at fault; 0 is the leaf. */
  readonly index: number
}

/** The expensive parts of a validation. Several paths may share what was read and computed for one of them. */
export interface PathWork {
  readonly budget: ChainBudget
  /** Checks the signature of a certificate with the SubjectPublicKeyInfo of its issuer. */
  readonly checkSignature: (certificate: PathCertificate, spki: Uint8Array) => ReadResult<void>
  readonly constraintsOf: (issuer: PathCertificate) => ReadResult<ReadonlyArray<NameConstraints>>
  readonly namesOf: (certificate: PathCertificate) => ReadResult<ReadonlyArray<ClaimedName>>
}

/**
 * Validates a path, leaf first; the last certificate is the anchor.
 *
 * @param pathLength CA certificates that may follow the anchor, without self-issued ones (RFC 5280 §6.1.2 (k))
 */
export const validatePath = (
  certificates: ReadonlyArray<PathCertificate>,
  work: PathWork,
  pathLength: number = documentLimits.x5c
): Result.Result<void, ChainFault> =>
  Result.gen(function*() {
    const leaf = certificates.at(0)
    const anchor = certificates.at(-1)
    if (leaf === undefined || anchor === undefined) return
    const state = yield* certificates.slice(1, -1).reduceRight(
      (above, issuer, offset) => Result.flatMap(above, (above) => at(offset + 1, nextState(issuer, above, work))),
      at(certificates.length - 1, initialState(anchor, work, pathLength))
    )
    yield* at(0, checkCertificate(leaf, state, work))
    yield* at(0, checkConstraints(leaf, state, work))
  })

/** The fault of the certificate at this position. */
export const at = <A>(index: number, result: ReadResult<A>): Result.Result<A, ChainFault> =>
  Result.mapError(result, (detail) => ({ detail, index }))

/** The state variables of path validation (RFC 5280 §6.1.2), for the next certificate down. */
interface PathState {
  /** working_issuer_name */
  readonly name: DistinguishedName
  /** working_public_key, as DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array
  /** max_path_length: CA certificates that may still follow, without self-issued ones. */
  readonly pathLength: number
  /** permitted_subtrees and excluded_subtrees, as the constraints of each issuer above. */
  readonly constraints: ReadonlyArray<NameConstraints>
}

// RFC 5280 §6.1.2. The anchor may lack extensions, as old roots do; those that it has apply.
const initialState = (anchor: PathCertificate, work: PathWork, pathLength: number): ReadResult<PathState> =>
  Result.gen(function*() {
    if (anchor.extensions.has(oids.basicConstraints) && !anchor.isCa) return yield* Result.fail(notCa)
    if (isSigningForbidden(anchor)) return yield* Result.fail(noCertSign)
    return {
      name: anchor.subject,
      spki: anchor.spki,
      pathLength: Math.min(pathLength, anchor.pathLength ?? pathLength),
      constraints: yield* work.constraintsOf(anchor)
    }
  })

// RFC 5280 §6.1.3, then §6.1.4 (g) to (o).
const nextState = (issuer: PathCertificate, above: PathState, work: PathWork): ReadResult<PathState> =>
  Result.gen(function*() {
    yield* checkCertificate(issuer, above, work)
    const selfIssued = isSameName(issuer.issuer, issuer.subject)
    if (!selfIssued) yield* checkConstraints(issuer, above, work)
    if (!issuer.isCa) return yield* Result.fail(notCa)
    if (isSigningForbidden(issuer)) return yield* Result.fail(noCertSign)
    if (!selfIssued && above.pathLength === 0) return yield* Result.fail("more CA certificates follow than are allowed")
    return {
      name: issuer.subject,
      spki: issuer.spki,
      pathLength: Math.min(above.pathLength - (selfIssued ? 0 : 1), issuer.pathLength ?? documentLimits.x5c),
      constraints: [...above.constraints, ...yield* work.constraintsOf(issuer)]
    }
  })

/** RFC 5280 §6.1.4 (n): without keyUsage, every use is allowed. */
export const isSigningForbidden = ({ keyUsage }: PathCertificate): boolean => keyUsage?.has("keyCertSign") === false

export const notCa = "the issuer is no CA (basicConstraints)"
export const noCertSign = "the issuer's key must not sign certificates (keyUsage)"

// RFC 5280 §6.1.3 (a), and critical extensions (§6.1.4 (o), §6.1.5 (f)); the signature last, because it is expensive.
const checkCertificate = (certificate: PathCertificate, above: PathState, work: PathWork): ReadResult<void> => {
  // An empty name identifies no issuer (§4.1.2.4).
  if (certificate.issuer.rdns.length === 0 || !isSameName(certificate.issuer, above.name)) {
    return Result.fail("the next certificate is not the one named as issuer")
  }
  const [unknown] = certificate.unknownCritical
  if (unknown !== undefined) return Result.fail(notUnderstood(unknown))
  return work.checkSignature(certificate, above.spki)
}

export const notUnderstood = (oid: string): string => `critical extension ${oid} is not understood`

// Without constraints no name is read.
const checkConstraints = (
  certificate: PathCertificate,
  { constraints }: PathState,
  work: PathWork
): ReadResult<void> =>
  constraints.length === 0
    ? Result.void
    : Result.flatMap(work.namesOf(certificate), (names) => checkNameConstraints(names, constraints, work.budget))
