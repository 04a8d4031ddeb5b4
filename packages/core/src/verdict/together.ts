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
  /** Until when it says nothing; milliseconds since the epoch. Absent if that is for ever. */
  readonly until?: number
}

/**
 * The verdict of the witness that decides, with what all of them say.
 *
 * **Details**
 *
 * It is valid for as long as what it rests on. That is the deciding proof, and where another one could veto it, that this one
 * does not: as long as its own answer is.
 */
export const decideTogether = (
  witnesses: ReadonlyArray<Witness>,
  policy: VetoPolicy,
  /** The verdict if none of them says anything. */
  silence: () => Verdict
): Verdict => {
  const [only] = witnesses
  if (witnesses.length === 1 && only !== undefined && isVerdict(only)) return only
  const proofs = witnesses.map(toSubResult)
  const verdicts = witnesses.filter(isVerdict)
  const deciding = decidingSubResult(proofs, policy)
  const verdict = verdicts.find(({ prooftype }) => prooftype === deciding?.prooftype) ?? silence()
  const { proofs: _, ...members } = verdict
  const ends = witnesses.filter(({ prooftype }) => mayVeto(prooftype, policy)).flatMap((one) =>
    endOf(one, verdict) ?? []
  )
  return makeVerdict(
    { ...members, ...boundBy(ends, verdict), ...originOf(verdicts), ...(proofs.length > 1 ? { proofs } : {}) },
    () => mergeEvidence(verdict, verdicts)
  )
}

export const isVerdict = (witness: Witness): witness is Verdict => !("silent" in witness)

const toSubResult = (witness: Witness): SubResult =>
  isVerdict(witness)
    ? { prooftype: witness.prooftype, verdict: witness.verdict, code: witness.code }
    : { prooftype: witness.prooftype, verdict: "not-applicable", code: witness.silent }

const mayVeto = (prooftype: Prooftype, { poshAuthoritative }: VetoPolicy): boolean =>
  prooftype === "dane" || (prooftype === "posh" && poshAuthoritative)

/** Until when a witness says the same; `undefined`: for ever. */
const endOf = (witness: Witness, { decidedAt }: Verdict): number | undefined =>
  isVerdict(witness) ? witness.validUntil ?? decidedAt + (witness.retryAfterMs ?? unknownMs) : witness.until

/** Not before the decision: what was found for this question may answer it, however short its life. */
const boundBy = (ends: ReadonlyArray<number>, { decidedAt, refreshAfter, validUntil }: Verdict) => {
  if (validUntil === undefined || ends.length === 0) return {}
  const end = Math.max(decidedAt, Math.min(...ends))
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
