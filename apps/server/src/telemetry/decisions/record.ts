/**
 * Decision → one line of JSON. Text that comes from outside is bounded and escaped (POSH-SEC-14).
 *
 * **Details**
 *
 * A fleet asks the same again and again: what of a line follows from question and answer is made once for each question
 * that is kept, as the fast lane keeps them. The rest of it is written later, many lines at a time.
 */
import type { Verdict } from "@posh/core"
import { printable } from "@posh/core/serving"
import type { Caller } from "../../service/Caller.ts"
import type { CallerQuestion } from "../../service/CallerQuestion.ts"
import type { Decision } from "../../service/Decision.ts"
import { toLogTime } from "../../service/instants.ts"
import { toFooting } from "./evidence.ts"
import type { Mask } from "./mask.ts"
import type { Middle } from "./Middle.ts"

/** What a record is made of. */
export interface Entry {
  readonly decision: Decision
  readonly question: CallerQuestion
  readonly caller: Caller
  /** Milliseconds from question to verdict. */
  readonly tookMs: number
}

/**
 * What waits to become a line. It holds on to nothing of the verdict, which would outlive its answer by far and cost the
 * garbage collector more than all else here.
 */
export interface Draft {
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly decidedAt: number
  /** Of the line, what follows from question, caller and answer. */
  readonly middle: Uint8Array
  readonly tookMicros: number
  readonly waitedMicros: number
}

export type ToDraft = (entry: Entry) => Draft

export const makeToDraft = (mask: Mask): ToDraft => {
  const middleOf = (entry: Entry): Uint8Array => {
    const { caller, decision: { verdict }, question } = entry
    const known = question.middle
    const proofs = writeProofs(verdict)
    if (known !== undefined && known.mask === mask && known.proofs === proofs && isSame(known, verdict, caller)) {
      return known.octets
    }
    const octets = Buffer.from(writeMiddle(entry, mask, proofs))
    const { basis, cache, code, prooftype, validUntil } = verdict
    question.middle = {
      octets,
      mask,
      caller: caller.name,
      transport: caller.transport,
      answer: { basis, cache, code, prooftype, validUntil },
      proofs
    }
    return octets
  }
  return (entry) => {
    const { decision: { id, verdict: { decidedAt, waitedMs = 0 } }, tookMs } = entry
    return { id, decidedAt, middle: middleOf(entry), tookMicros: micros(tookMs), waitedMicros: micros(waitedMs) }
  }
}

/** A line in parts: the first and the last are of ASCII alone, and the one between is there already. */
export interface Line {
  readonly head: string
  readonly middle: Uint8Array
  readonly tail: string
}

export const toLine = ({ decidedAt, id, middle, tookMicros, waitedMicros }: Draft): Line => ({
  head: `{"id":"${id}","time":"${toLogTime(decidedAt)}"`,
  middle,
  tail: `"micros":{"total":${tookMicros},"origin":${waitedMicros}}}\n`
})

const isSame = ({ answer, caller, transport }: Middle, verdict: Verdict, asking: Caller) =>
  caller === asking.name && transport === asking.transport && answer.basis === verdict.basis &&
  answer.code === verdict.code && answer.cache === verdict.cache &&
  answer.prooftype === verdict.prooftype && answer.validUntil === verdict.validUntil

/** By proof type its verdict and code. */
const writeProofs = ({ proofs = [] }: Verdict): string =>
  proofs.length === 0 ? "" : `,"proofs":${JSON.stringify(proofs)}`

/** Members one by one, and no values but words, numbers and instants of our own where nothing escapes them. */
const writeMiddle = ({ caller, decision: { verdict }, question }: Entry, mask: Mask, proofs: string): string => {
  const { basis, cache, code, generation, prooftype, validUntil } = verdict
  const { digest, fetchedAt } = basis === undefined ? {} : toFooting(basis)
  return `,"transport":"${caller.transport ?? "http"}","caller":${
    JSON.stringify(mask("caller", printable(caller.name, longest)))
  },"question":${
    JSON.stringify(toQuestion(question, verdict, mask))
  },"answer":{"verdict":"${verdict.verdict}","code":"${code}","prooftype":"${prooftype}"` +
    `${generation === undefined ? "" : `,"generation":"${generation}"`}` +
    `${cache === undefined ? "" : `,"cache":"${cache}"`}` +
    `${validUntil === undefined ? "" : `,"validUntil":"${toLogTime(validUntil)}"`}${proofs}},` +
    // Whoever knows what a masked domain publishes could find it out by its evidence.
    `${digest === undefined ? "" : `"evidence":"${mask("domain", digest)}",`}` +
    `${fetchedAt === undefined ? "" : `"fetchedAt":"${toLogTime(fetchedAt)}",`}`
}

/** Longest name of a caller, or of a domain that was not understood, that is written. */
const longest = 128

/** Domain and service as they were understood; of the rest, whatever was said. */
const toQuestion = (
  { byFingerprint, options: callerOptions }: CallerQuestion,
  { domain, presented, service }: Verdict,
  mask: Mask
): object => {
  const { derivedDomain, prooftypes, ...options } = callerOptions
  const { sha256Text } = presented
  return {
    domain: mask("domain", domain),
    service,
    ...(sha256Text === undefined ? {} : { sha256: mask("certificate", sha256Text) }),
    ...(byFingerprint ? { by: "fingerprint" } : {}),
    ...(prooftypes === undefined ? {} : { prooftypes: [...new Set(prooftypes)] }),
    ...options,
    ...(derivedDomain === undefined ? {} : { derivedDomain: mask("domain", printable(derivedDomain, longest)) })
  }
}

const micros = (milliseconds: number): number => Math.round(milliseconds * 1_000)
