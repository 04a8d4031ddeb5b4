/**
 * A question of a caller: decoded, and prepared when it is first decided.
 */
import type { Inquiry, Prooftype, Question, QuestionError, Verifier } from "@posh/core"
import { type StageTracer, untraced } from "@posh/core/serving"
import { Result } from "effect"
import type { Middle } from "../telemetry/decisions/Middle.ts"
import { callerBounds } from "./limits/bounds.ts"

/** The options of a question as its caller sent them, before they are parsed; for limits and the decision log. */
export type CallerOptions = Omit<Question, "domain" | "service" | "certificate" | "chain" | "fingerprint">

type Prepare = Verifier["Service"]["prepare"]

/**
 * Can be decided any number of times. The fast lane caches it for callers that repeat a question, so it is prepared
 * once.
 */
export class CallerQuestion {
  readonly options: CallerOptions
  readonly byFingerprint: boolean
  /** Takes milliseconds: it checks signatures, or parses a certificate that may have many names. */
  readonly isHeavy: boolean
  /** The part of its last line in the decision log that can be reused. */
  middle: Middle | undefined
  #question: Question
  #prepared: Result.Result<Inquiry, QuestionError> | undefined

  constructor(question: Question) {
    const { certificate, chain, fingerprint } = question
    this.options = optionsOf(question)
    this.byFingerprint = fingerprint !== undefined
    this.isHeavy = isHeavy(certificate, chain, this.options)
    this.#question = question
  }

  get isPrepared(): boolean {
    return this.#prepared !== undefined
  }

  /**
   * Whether asking takes milliseconds of CPU time, where memory has no answer: a path takes signatures. Before it is prepared
   * nobody knows which proof types the deployment adds to a question that names none: then it may.
   */
  get isHeavyToAsk(): boolean {
    const prepared = this.#prepared
    if (this.isHeavy) return true
    if (prepared === undefined) return takesPaths(this.options.prooftypes ?? unknown)
    return Result.isSuccess(prepared) && takesPaths(prepared.success.options.prooftypes)
  }

  /** Prepares it, once. Then the question is released, because the text of its certificate is long. */
  prepare(prepare: Prepare, stage: StageTracer = untraced): Result.Result<Inquiry, QuestionError> {
    if (this.#prepared !== undefined) return this.#prepared
    const prepared = prepare(this.#question, stage)
    this.#prepared = prepared
    this.#question = released
    return prepared
  }
}

const takesPaths = (prooftypes: ReadonlyArray<Prooftype>): boolean => prooftypes.some((each) => each !== "posh")
const unknown: ReadonlyArray<Prooftype> = ["pkix"]

const released: Question = { domain: "", service: "" }

/** Most questions have none, and share one object. */
const optionsOf = (question: Question): CallerOptions => {
  const names = Object.keys(question) as Array<keyof Question>
  return names.every((name) => named.has(name))
    ? noOptions
    : Object.fromEntries(names.filter((name) => !named.has(name)).map((name) => [name, question[name]]))
}

const noOptions: CallerOptions = {}

const named: ReadonlySet<keyof Question> = new Set(["domain", "service", "certificate", "chain", "fingerprint"])

const isHeavy = (
  certificate = "",
  [leaf = ""]: ReadonlyArray<string> = [],
  { chainCheck = "off" }: CallerOptions
): boolean =>
  chainCheck !== "off" || certificate.length > callerBounds.lightCertificate ||
  leaf.length > callerBounds.lightCertificate
