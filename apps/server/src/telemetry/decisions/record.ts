/**
 * Decision → one line of JSON. Text that comes from outside is bounded and escaped (POSH-SEC-14).
 *
 * **Details**
 *
 * A fleet asks the same again and again: what of a line follows from the question alone is made once for each question
 * that is kept, as the fast lane keeps them.
 */
import type { Verdict } from "@posh/core"
import type { Caller } from "../../Caller.ts"
import type { Asked, Decision } from "../../Decider.ts"
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

export type ToLine = (entry: Entry) => string

export const makeToLine = (mask: Mask): ToLine => {
  const questions = new WeakMap<Asked, string>()
  const callers = new Map<string, string>()
  const digests = new WeakMap<NonNullable<Verdict["basis"]>, string>()

  const questionText = ({ asked, decision: { verdict } }: Entry): string => {
    const remembered = questions.get(asked)
    if (remembered !== undefined) return remembered
    const text = writeQuestion(asked, verdict, mask)
    // Only of one that cannot change any more.
    if (Object.isFrozen(asked)) questions.set(asked, text)
    return text
  }
  const callerText = ({ name }: Caller): string => {
    const remembered = callers.get(name)
    if (remembered !== undefined) return remembered
    const text = JSON.stringify(mask("caller", cut(name)))
    if (callers.size >= kept) callers.clear()
    callers.set(name, text)
    return text
  }
  // Whoever knows what a masked domain publishes could find it out by its evidence.
  const digestText = (basis: NonNullable<Verdict["basis"]>): string => {
    const remembered = digests.get(basis)
    if (remembered !== undefined) return remembered
    const text = mask("domain", digestEvidence(basis))
    digests.set(basis, text)
    return text
  }

  return (entry) => {
    const { caller, decision: { id, verdict }, tookMs } = entry
    const { basis, cache, code, decidedAt, generation, prooftype, validUntil, waitedMs = 0 } = verdict
    // Members one by one, and no values but words, numbers and instants of our own: so nothing is left to escape.
    return `{"id":"${id}","time":"${instant(decidedAt)}","caller":${callerText(caller)},` +
      `"question":${questionText(entry)},"answer":{"verdict":"${verdict.verdict}","code":"${code}",` +
      `"prooftype":"${prooftype}"${generation === undefined ? "" : `,"generation":"${generation}"`}` +
      `${cache === undefined ? "" : `,"cache":"${cache}"`}` +
      `${validUntil === undefined ? "" : `,"validUntil":"${instant(validUntil)}"`}},` +
      `${basis === undefined ? "" : `"evidence":"${digestText(basis)}",`}` +
      `"ms":{"total":${milliseconds(tookMs)},"origin":${milliseconds(waitedMs)}}}\n`
  }
}

/** Longest name of a caller that is written. */
const longest = 128

/** Texts of callers and of instants that are kept: the same few come again and again. */
const kept = 1_024

const cut = (text: string): string => text.length > longest ? `${text.slice(0, longest)}…` : text

/** Domain and service as they were understood; of the rest, whatever was said. */
const writeQuestion = (asked: Asked, { domain, presented, service }: Verdict, mask: Mask): string => {
  const {
    certificate: _certificate,
    chain: _chain,
    derivedDomain,
    domain: _domain,
    fingerprint,
    service: _service,
    ...options
  } = asked
  const sha256 = presented.hashes["sha-256"]
  return JSON.stringify({
    domain: mask("domain", domain),
    service,
    ...(sha256 === undefined ? {} : { sha256: mask("certificate", Buffer.from(sha256).toString("base64")) }),
    ...(fingerprint === undefined ? {} : { by: "fingerprint" }),
    ...options,
    ...(derivedDomain === undefined ? {} : { derivedDomain: mask("domain", cut(derivedDomain)) })
  })
}

// To write one costs as much as the rest of a line.
const instants = new Map<number, string>()

const instant = (at: number): string => {
  const known = instants.get(at)
  if (known !== undefined) return known
  const text = new Date(at).toISOString()
  if (instants.size >= kept) instants.clear()
  instants.set(at, text)
  return text
}

const milliseconds = (value: number): string => value.toFixed(3)
