/**
 * Decision → one line of JSON. Text that comes from outside is bounded and escaped (POSH-SEC-14).
 *
 * **Details**
 *
 * A fleet asks the same again and again: what of a line follows from question and answer is made once for each question
 * that is kept, as the fast lane keeps them. The rest of it is written later, many lines at a time.
 */
import { printable, type Verdict } from "@posh/core"
import type { Caller } from "../../service/Caller.ts"
import type { Asked, Decision } from "../../service/Decision.ts"
import { toLogTime } from "../../service/instants.ts"
import { digestEvidence } from "./evidence.ts"
import type { Mask } from "./mask.ts"

/** What a record is made of. */
export interface Entry {
  readonly decision: Decision
  readonly asked: Asked
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
  const middles = new WeakMap<Asked, Middle>()
  const middleOf = (entry: Entry): Uint8Array => {
    const { asked, caller, decision: { verdict } } = entry
    const known = middles.get(asked)
    if (known !== undefined && isSame(known, verdict, caller)) return known.octets
    const octets = Buffer.from(writeMiddle(entry, mask))
    // Only of a question that cannot change any more.
    if (Object.isFrozen(asked)) middles.set(asked, { octets, verdict, caller: caller.name })
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

/** The part of a line that is the same for as long as question, caller and answer are. */
interface Middle {
  readonly octets: Uint8Array
  readonly verdict: Verdict
  readonly caller: string
}

const isSame = ({ caller, verdict: { basis, cache, code, validUntil } }: Middle, verdict: Verdict, { name }: Caller) =>
  caller === name && basis === verdict.basis && code === verdict.code && cache === verdict.cache &&
  validUntil === verdict.validUntil

/** Members one by one, and no values but words, numbers and instants of our own where nothing escapes them. */
const writeMiddle = ({ asked, caller, decision: { verdict } }: Entry, mask: Mask): string => {
  const { basis, cache, code, generation, prooftype, validUntil } = verdict
  return `,"caller":${JSON.stringify(mask("caller", printable(caller.name, longest)))},"question":${
    JSON.stringify(toQuestion(asked, verdict, mask))
  },"answer":{"verdict":"${verdict.verdict}","code":"${code}","prooftype":"${prooftype}"` +
    `${generation === undefined ? "" : `,"generation":"${generation}"`}` +
    `${cache === undefined ? "" : `,"cache":"${cache}"`}` +
    `${validUntil === undefined ? "" : `,"validUntil":"${toLogTime(validUntil)}"`}},` +
    // Whoever knows what a masked domain publishes could find it out by its evidence.
    `${basis === undefined ? "" : `"evidence":"${mask("domain", digestEvidence(basis))}",`}`
}

/** Longest name of a caller, or of a domain that was not understood, that is written. */
const longest = 128

/** Domain and service as they were understood; of the rest, whatever was said. */
const toQuestion = (asked: Asked, { domain, presented, service }: Verdict, mask: Mask): object => {
  const {
    certificate: _certificate,
    chain: _chain,
    derivedDomain,
    domain: _domain,
    fingerprint,
    prooftypes,
    service: _service,
    ...options
  } = asked
  const sha256 = presented.hashes["sha-256"]
  return {
    domain: mask("domain", domain),
    service,
    ...(sha256 === undefined ? {} : { sha256: mask("certificate", Buffer.from(sha256).toString("base64")) }),
    ...(fingerprint === undefined ? {} : { by: "fingerprint" }),
    ...(prooftypes === undefined ? {} : { prooftypes: [...new Set(prooftypes)] }),
    ...options,
    ...(derivedDomain === undefined ? {} : { derivedDomain: mask("domain", printable(derivedDomain, longest)) })
  }
}

const micros = (milliseconds: number): number => Math.round(milliseconds * 1_000)
