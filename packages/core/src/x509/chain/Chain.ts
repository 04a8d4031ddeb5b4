/**
 * Path validation of a published chain (POSH-MAT-20…23, RFC 5280 §6.1), top down.
 *
 * The trust anchor is the last certificate of the chain, for one run only; it is never stored. So the check can only
 * veto a match.
 */
import { Result } from "effect"
import { documentLimits } from "../../Limits.ts"
import { countInside, readInside, type ReadResult, tags } from "../derReader.ts"
import { oids } from "../extensions.ts"
import { type ChainBudget, type ChainCost, makeChainBudget } from "./ChainBudget.ts"
import { type DistinguishedName, isSameName } from "./distinguishedName.ts"
import { type ClaimedName, readClaimedName, toClaimedDirectory, toClaimedEmail } from "./generalName.ts"
import { checkNameConstraints, type NameConstraints, readNameConstraints } from "./nameConstraints.ts"
import { parsePathCertificate, type PathCertificate } from "./PathCertificate.ts"
import { checkSignature, costOf, isSha1 } from "./signature.ts"

export interface ChainOptions {
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Accept SHA-1 signatures (A.4 V2). MD5 and older never count. */
  readonly allowSha1: boolean
}

export interface ChainFault {
  /** What is wrong, for a person; bounded. */
  readonly detail: string
  /** The position in `x5c` of the certificate at fault; 0 is the leaf. */
  readonly index: number
}

/** The time-independent result of path validation. Plain data of some hundred octets, without keys or names. */
export interface ChainExamination {
  /** Absent if the chain is valid except for its dates. */
  readonly fault?: ChainFault
  /** The uppermost certificate with a SHA-1 signature. */
  readonly sha1?: number
  /** The latest notBefore and the earliest notAfter below the anchor. */
  readonly from: Instant
  readonly until: Instant
  readonly cost: ChainCost
}

/** An instant in milliseconds since the epoch, and the certificate that has it. */
interface Instant {
  readonly at: number
  readonly index: number
}

/**
 * Validates a chain of DER certificates, leaf first. The last one is the trust anchor.
 *
 * **Details**
 *
 * A single certificate is valid (POSH-MAT-21), because there is nothing below the anchor; it is not even parsed.
 *
 * **Gotchas**
 *
 * An anchor is an input (RFC 5280 §6.1.1): ITS VALIDITY, ITS SIGNATURE AND WHETHER IT IS SELF-SIGNED ARE NOT CHECKED.
 * The limits in its extensions apply, as RFC 5280 §6.2 allows. REVOCATION IS NOT CHECKED.
 */
export const checkChain = (chain: ReadonlyArray<Uint8Array>, options: ChainOptions): Result.Result<void, ChainFault> =>
  chain.length === 1 ? Result.void : checkExamination(examineChain(chain), options)

/**
 * Validates everything except the dates and whether SHA-1 is accepted, so that the result can be cached.
 *
 * **Details**
 *
 * Each chain has a budget of its own, so the result does not depend on other chains.
 */
export const examineChain = (
  chain: ReadonlyArray<Uint8Array>,
  parse: (der: Uint8Array) => ReadResult<PathCertificate> = parsePathCertificate
): ChainExamination => {
  const budget = makeChainBudget()
  const certificates = parseCertificates(chain, parse, budget)
  const path = Result.flatMap(certificates, (certificates) => checkPath(certificates, budget))
  const checked = Result.match(certificates, {
    onFailure: () => [],
    onSuccess: (certificates) => certificates.slice(0, -1)
  })
  const sha1 = checked.findLastIndex(isSha1)
  return {
    ...(Result.isFailure(path) ? { fault: path.failure } : {}),
    ...(sha1 < 0 ? {} : { sha1 }),
    from: pickInstant(checked.map(({ notBefore }) => notBefore), Math.max),
    until: pickInstant(checked.map(({ notAfter }) => notAfter), Math.min),
    cost: budget.spent()
  }
}

/** Checks the dates and SHA-1 of an examined chain, and its fault. */
export const checkExamination = (
  { fault, from, sha1, until }: ChainExamination,
  { allowSha1, now }: ChainOptions
): Result.Result<void, ChainFault> => {
  // Reports the uppermost fault, as top-down validation does.
  if (!allowSha1 && sha1 !== undefined && sha1 >= (fault?.index ?? 0)) {
    return Result.fail({ detail: "SHA-1 signatures are not accepted", index: sha1 })
  }
  if (fault !== undefined) return Result.fail(fault)
  if (now > until.at) return Result.fail({ detail: "the certificate has expired", index: until.index })
  if (now < from.at) return Result.fail({ detail: "the certificate is not valid yet", index: from.index })
  return Result.void
}

const pickInstant = (
  instants: ReadonlyArray<number>,
  choose: (...instants: ReadonlyArray<number>) => number
): Instant => {
  const at = choose(...instants)
  return { at, index: instants.lastIndexOf(at) }
}

// The budget pays for a signature of each certificate below the anchor before any is parsed.
const parseCertificates = (
  chain: ReadonlyArray<Uint8Array>,
  parse: (der: Uint8Array) => ReadResult<PathCertificate>,
  budget: ChainBudget
) =>
  Result.gen(function*() {
    if (chain.length < 2 || chain.length > documentLimits.x5c) {
      return yield* at(0, Result.fail(`a chain has 1 to ${documentLimits.x5c} certificates`))
    }
    if (!budget.spend({ signatures: chain.length - 1 })) return yield* at(0, tooMuch)
    return yield* Result.all(chain.map((der, index) => at(index, parse(der))))
  })

const checkPath = (
  certificates: ReadonlyArray<PathCertificate>,
  budget: ChainBudget
): Result.Result<void, ChainFault> =>
  Result.gen(function*() {
    const leaf = certificates.at(0)
    const anchor = certificates.at(-1)
    if (leaf === undefined || anchor === undefined) return
    const state = yield* certificates.slice(1, -1).reduceRight(
      (above, issuer, offset) => Result.flatMap(above, (above) => at(offset + 1, nextState(issuer, above, budget))),
      at(certificates.length - 1, initialState(anchor, budget))
    )
    yield* at(0, checkCertificate(leaf, state, budget))
    yield* at(0, checkConstraints(leaf, state, budget))
  })

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
const initialState = (anchor: PathCertificate, budget: ChainBudget): ReadResult<PathState> =>
  Result.gen(function*() {
    if (anchor.extensions.has(oids.basicConstraints) && !anchor.isCa) return yield* Result.fail(notCa)
    if (isSigningForbidden(anchor)) return yield* Result.fail(noCertSign)
    return {
      name: anchor.subject,
      spki: anchor.spki,
      pathLength: anchor.pathLength ?? documentLimits.x5c,
      constraints: yield* constraintsOf(anchor, budget)
    }
  })

// RFC 5280 §6.1.3, then §6.1.4 (g) to (o).
const nextState = (issuer: PathCertificate, above: PathState, budget: ChainBudget): ReadResult<PathState> =>
  Result.gen(function*() {
    yield* checkCertificate(issuer, above, budget)
    const selfIssued = isSameName(issuer.issuer, issuer.subject)
    if (!selfIssued) yield* checkConstraints(issuer, above, budget)
    if (!issuer.isCa) return yield* Result.fail(notCa)
    if (isSigningForbidden(issuer)) return yield* Result.fail(noCertSign)
    if (!selfIssued && above.pathLength === 0) return yield* Result.fail("more CA certificates follow than are allowed")
    return {
      name: issuer.subject,
      spki: issuer.spki,
      pathLength: Math.min(above.pathLength - (selfIssued ? 0 : 1), issuer.pathLength ?? documentLimits.x5c),
      constraints: [...above.constraints, ...yield* constraintsOf(issuer, budget)]
    }
  })

// RFC 5280 §6.1.4 (n): without keyUsage, every use is allowed.
const isSigningForbidden = ({ keyUsage }: PathCertificate): boolean => keyUsage?.has("keyCertSign") === false

const notCa = "the issuer is no CA (basicConstraints)"
const noCertSign = "the issuer's key must not sign certificates (keyUsage)"

const constraintsOf = (
  { extensions }: PathCertificate,
  budget: ChainBudget
): ReadResult<ReadonlyArray<NameConstraints>> => {
  const extension = extensions.get(oids.nameConstraints)
  return extension === undefined
    ? Result.succeed([])
    : Result.map(readNameConstraints(extension.value, budget), (constraints) => [constraints])
}

// RFC 5280 §6.1.3 (a), and critical extensions (§6.1.4 (o), §6.1.5 (f)); the signature last, because it is expensive.
const checkCertificate = (certificate: PathCertificate, above: PathState, budget: ChainBudget): ReadResult<void> => {
  // An empty name identifies no issuer (§4.1.2.4).
  if (certificate.issuer.rdns.length === 0 || !isSameName(certificate.issuer, above.name)) {
    return Result.fail("the next certificate is not the one named as issuer")
  }
  const [unknown] = certificate.unknownCritical
  if (unknown !== undefined) return Result.fail(`critical extension ${unknown} is not understood`)
  if (!budget.spend({ signatures: costOf(above.spki) - 1 })) return tooMuch // `parseCertificates` paid for one
  return checkSignature(certificate, above.spki, true)
}

/** The fault of a chain whose validation exceeds the budget. */
export const tooMuchWork = "checking it would take too much work"
const tooMuch = Result.fail(tooMuchWork)

// Without constraints no name is read.
const checkConstraints = (
  certificate: PathCertificate,
  { constraints }: PathState,
  budget: ChainBudget
): ReadResult<void> =>
  constraints.length === 0
    ? Result.void
    : Result.flatMap(namesOf(certificate, budget), (names) => checkNameConstraints(names, constraints, budget))

// RFC 5280 §4.2.1.10: the subject if it is not empty, and subjectAltName, or without it the emailAddresses of the
// subject.
const namesOf = (
  { extensions, subject }: PathCertificate,
  budget: ChainBudget
): ReadResult<ReadonlyArray<ClaimedName>> =>
  Result.gen(function*() {
    const altNames = extensions.get(oids.subjectAltName)?.value
    const count = altNames === undefined ? subject.emails.length : yield* countInside(altNames, tags.sequence)
    if (!budget.spend({ names: count })) return yield* tooMuch
    const names = altNames === undefined ? [] : yield* readInside(altNames, tags.sequence)
    return [
      ...(subject.rdns.length === 0 ? [] : [toClaimedDirectory(subject)]),
      ...yield* Result.all(names.map(readClaimedName)),
      ...(altNames === undefined ? subject.emails.map(toClaimedEmail) : [])
    ]
  })

const at = <A>(index: number, result: ReadResult<A>): Result.Result<A, ChainFault> =>
  Result.mapError(result, (detail) => ({ detail, index }))
