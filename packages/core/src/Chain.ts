/**
 * Is there a path inside a published chain (POSH-MAT-20…23)? Path validation by RFC 5280 §6.1, top down.
 *
 * The check can only take a match away. Its trust anchor is the last certificate of the chain, for one run: it is an
 * argument here, is stored nowhere and is gone when the run ends.
 */
import { Result } from "effect"
import { type ChainBudget, makeChainBudget } from "./chain/ChainBudget.ts"
import { type DistinguishedName, isSameName } from "./chain/distinguishedName.ts"
import { claimDirectory, type ClaimedName, claimEmail, claimName } from "./chain/generalName.ts"
import { type Link, parseLink } from "./chain/Link.ts"
import { checkNames, type NameConstraints } from "./chain/nameConstraints.ts"
import { checkSignature } from "./chain/signature.ts"
import type { Read } from "./encoding/derReader.ts"
import { documentLimits } from "./Limits.ts"

export interface ChainOptions {
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Accept SHA-1 signatures (A.4 V2). MD5 and older never count. */
  readonly allowSha1: boolean
  /** What may be spent; default one of its own. */
  readonly budget?: ChainBudget
}

interface Run extends ChainOptions {
  readonly budget: ChainBudget
}

export interface ChainFault {
  /** What is wrong, for a person; bounded. */
  readonly detail: string
  /** Which certificate of `x5c` is at fault; 0 is the leaf. */
  readonly index: number
}

/**
 * Validates a chain of DER certificates, leaf first, below its last element.
 *
 * **Details**
 *
 * One certificate alone is valid trivially (POSH-MAT-21): there is nothing below the anchor. It is not even read.
 *
 * **Gotchas**
 *
 * An anchor is an input (RFC 5280 §6.1.1): ITS VALIDITY, ITS SIGNATURE AND WHETHER IT IS SELF-SIGNED ARE NOT CHECKED.
 * Where its extensions limit what it may certify, the limits count, as RFC 5280 §6.2 allows. REVOCATION IS NOT CHECKED.
 */
export const checkChain = (chain: ReadonlyArray<Uint8Array>, options: ChainOptions): Result.Result<void, ChainFault> =>
  Result.gen(function*() {
    if (chain.length === 1) return
    if (chain.length === 0 || chain.length > documentLimits.x5c) {
      return yield* at(0, Result.fail(`a chain has 1 to ${documentLimits.x5c} certificates`))
    }
    const run: Run = { ...options, budget: options.budget ?? makeChainBudget() }
    const links = yield* Result.all(chain.map((der, index) => at(index, parseLink(der))))
    const leaf = links.at(0)
    const anchor = links.at(-1)
    if (leaf === undefined || anchor === undefined) return

    const authority = yield* links.slice(1, -1).reduceRight(
      (above, issuer, offset) => Result.flatMap(above, (above) => at(offset + 1, appoint(issuer, above, run))),
      at(links.length - 1, appointAnchor(anchor))
    )
    yield* at(0, checkLink(leaf, authority, run))
    yield* at(0, checkConstraints(leaf, authority, run))
  })

/** What has been established when the next certificate down is looked at (RFC 5280 §6.1.2). */
interface Authority {
  readonly name: DistinguishedName
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array
  /** CA certificates that may still follow, self-issued ones not counted. */
  readonly pathLength: number
  readonly constraints: ReadonlyArray<NameConstraints>
}

// The anchor may leave an extension out (old roots do); what it does say about its own power is believed.
const appointAnchor = (anchor: Link): Read<Authority> => {
  if (anchor.isCa === false) return Result.fail(notCa)
  if (anchor.keyCertSign === false) return Result.fail(noCertSign)
  return Result.succeed({
    name: anchor.subject,
    spki: anchor.spki,
    pathLength: anchor.pathLength ?? documentLimits.x5c,
    constraints: anchor.nameConstraints === undefined ? [] : [anchor.nameConstraints]
  })
}

// RFC 5280 §6.1.4, (g) to (o), after §6.1.3.
const appoint = (issuer: Link, above: Authority, run: Run): Read<Authority> =>
  Result.gen(function*() {
    yield* checkLink(issuer, above, run)
    const selfIssued = isSameName(issuer.issuer, issuer.subject)
    if (!selfIssued) yield* checkConstraints(issuer, above, run)
    if (issuer.isCa !== true) return yield* Result.fail(notCa)
    if (issuer.keyCertSign === false) return yield* Result.fail(noCertSign)
    if (!selfIssued && above.pathLength === 0) return yield* Result.fail("more CA certificates follow than are allowed")
    return {
      name: issuer.subject,
      spki: issuer.spki,
      pathLength: Math.min(above.pathLength - (selfIssued ? 0 : 1), issuer.pathLength ?? documentLimits.x5c),
      constraints: issuer.nameConstraints === undefined
        ? above.constraints
        : [...above.constraints, issuer.nameConstraints]
    }
  })

const notCa = "the issuer is no CA (basicConstraints)"
const noCertSign = "the issuer's key must not sign certificates (keyUsage)"

// RFC 5280 §6.1.3 (a), and critical extensions (§6.1.4 (o), §6.1.5 (f)); the signature last, as it costs most.
const checkLink = (link: Link, above: Authority, { allowSha1, budget, now }: Run): Read<void> => {
  if (!isSameName(link.issuer, above.name)) return Result.fail("the next certificate is not the one named as issuer")
  if (now < link.notBefore) return Result.fail("the certificate is not valid yet")
  if (now > link.notAfter) return Result.fail("the certificate has expired")
  const [unknown] = link.unknownCritical
  if (unknown !== undefined) return Result.fail(`critical extension ${unknown} is not understood`)
  return budget.spend("signatures", 1) ? checkSignature(link, above.spki, allowSha1) : Result.fail(tooMuch)
}

const tooMuch = "checking it would take too many signatures"

const checkConstraints = (link: Link, { constraints }: Authority, { budget }: Run): Read<void> =>
  constraints.length === 0
    ? Result.void
    : Result.flatMap(namesOf(link), (names) => checkNames(names, constraints, budget))

// RFC 5280 §4.2.1.10: the subject where there is one, alternative names, and where there are none the mailboxes of the
// subject.
const namesOf = ({ altNames, subject }: Link): Read<ReadonlyArray<ClaimedName>> =>
  Result.map(Result.all((altNames ?? []).map(claimName)), (names) => [
    ...(subject.rdns.length === 0 ? [] : [claimDirectory(subject)]),
    ...names,
    ...(altNames === undefined ? subject.emails.map(claimEmail) : [])
  ])

const at = <A>(index: number, result: Read<A>): Result.Result<A, ChainFault> =>
  Result.mapError(result, (detail) => ({ detail, index }))
