/**
 * One verdict of several proof types (requirements §6.3). Pure.
 */
import { decidingSubResult, type SubResult, type VetoPolicy } from "../proof/SubResult.ts"
import type { Prooftype } from "../question/Prooftype.ts"
import { type Evidence, makeVerdict, type Verdict } from "./Verdict.ts"

/** What was asked, in the order of evaluation: the verdict by this proof type alone, or why there is none. */
export type Witness = Verdict | Silent

/** A proof type that was asked for and says nothing. */
export interface Silent {
  readonly silent: "NotNeeded" | "NotApplicable"
  readonly prooftype: Prooftype
}

/**
 * The verdict of the witness that decides, with what all of them say.
 *
 * **Details**
 *
 * It is valid for as long as what it rests on. That is the deciding proof, and where a failure of POSH could veto it, that POSH
 * has none: as long as its own answer is.
 */
export const decideTogether = (witnesses: ReadonlyArray<Witness>, policy: VetoPolicy): Verdict => {
  const [only] = witnesses
  if (witnesses.length === 1 && only !== undefined && isVerdict(only)) return only
  const proofs = witnesses.map(toSubResult)
  const verdicts = witnesses.filter(isVerdict)
  const deciding = decidingSubResult(proofs, policy)
  const verdict = verdicts.find(({ prooftype }) => prooftype === deciding?.prooftype) ?? verdicts[0]
  if (verdict === undefined) throw new RangeError("no proof type was asked")
  const { proofs: _, ...members } = verdict
  const posh = policy.poshAuthoritative ? verdicts.find(({ prooftype }) => prooftype === "posh") : undefined
  return makeVerdict(
    { ...members, ...(posh === undefined ? {} : boundBy(posh, verdict)), ...originOf(verdicts), proofs },
    () => mergeEvidence(verdict, verdicts)
  )
}

const isVerdict = (witness: Witness): witness is Verdict => !("silent" in witness)

const toSubResult = (witness: Witness): SubResult =>
  isVerdict(witness)
    ? { prooftype: witness.prooftype, verdict: witness.verdict, code: witness.code }
    : { prooftype: witness.prooftype, verdict: "not-applicable", code: witness.silent }

/** Of what may veto: for how long it does not. */
const boundBy = (posh: Verdict, { decidedAt, refreshAfter, validUntil }: Verdict) => {
  if (validUntil === undefined) return {}
  const end = posh.validUntil ?? decidedAt + (posh.retryAfterMs ?? unknownMs)
  return { validUntil: Math.min(validUntil, end), refreshAfter: Math.min(refreshAfter ?? validUntil, end) }
}

/** How long an answer of POSH holds that does not say: as long as the longest negative entry of one that may change. */
const unknownMs = 300_000

/** Where the answer of POSH came from, whoever decided: the caller waited for it. */
const originOf = (verdicts: ReadonlyArray<Verdict>) => {
  const { cache, waitedMs } = verdicts.find((verdict) => verdict.cache !== undefined) ?? {}
  return { ...(cache === undefined ? {} : { cache }), ...(waitedMs === undefined ? {} : { waitedMs }) }
}

/** Every verdict has the lints of the presented certificate; they are listed once. */
const mergeEvidence = (deciding: Verdict, verdicts: ReadonlyArray<Verdict>): Evidence => {
  const [first, ...more] = [deciding, ...verdicts.filter((verdict) => verdict !== deciding)].map(({ evidence }) =>
    evidence
  )
  const others: Partial<Evidence> = Object.assign({}, ...more.toReversed())
  const known = new Set(deciding.presented.lints)
  return {
    ...others,
    ...first,
    attempts: [first, ...more].flatMap((evidence) => evidence?.attempts ?? []),
    lints: [
      ...deciding.presented.lints,
      ...[first, ...more].flatMap((evidence) => evidence?.lints ?? []).filter((lint) => !known.has(lint))
    ]
  }
}
