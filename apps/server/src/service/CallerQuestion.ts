/**
 * A question of a caller on its way through the service: decoded, and prepared when it is first asked.
 */
import { type Inquiry, type Question, type QuestionError, type StageTracer, untraced, type Verifier } from "@posh/core"
import type { Result } from "effect"
import type { Middle } from "../telemetry/decisions/Middle.ts"
import { callerBounds } from "./limits/bounds.ts"

/** The options of a question as its caller sent them, before they are parsed; for limits and the decision log. */
export type CallerOptions = Omit<Question, "domain" | "service" | "certificate" | "chain" | "fingerprint">

type Prepare = Verifier["Service"]["prepare"]

/**
 * A question that can be asked any number of times. The same one is kept for callers that repeat themselves, so what
 * follows from it is worked out once.
 */
export class CallerQuestion {
  readonly options: CallerOptions
  readonly byFingerprint: boolean
  /** Does it take milliseconds, because signatures are checked or a certificate of many names is read? */
  readonly isHeavy: boolean
  /** What the decision log wrote of it last. */
  middle: Middle | undefined
  #question: Question
  #prepared: Result.Result<Inquiry, QuestionError> | undefined

  constructor(question: Question) {
    const { certificate, chain, domain: _domain, fingerprint, service: _service, ...options } = question
    this.options = options
    this.byFingerprint = fingerprint !== undefined
    this.isHeavy = isHeavy(certificate, chain, options)
    this.#question = question
  }

  get isPrepared(): boolean {
    return this.#prepared !== undefined
  }

  /** Prepares it, once. Its texts are let go of then: the certificate is the longest of them. */
  prepare(prepare: Prepare, stage: StageTracer = untraced): Result.Result<Inquiry, QuestionError> {
    if (this.#prepared !== undefined) return this.#prepared
    const prepared = prepare(this.#question, stage)
    this.#prepared = prepared
    this.#question = released
    return prepared
  }
}

const released: Question = { domain: "", service: "" }

const isHeavy = (
  certificate = "",
  [leaf = ""]: ReadonlyArray<string> = [],
  { chainCheck = "off" }: CallerOptions
): boolean =>
  chainCheck !== "off" || certificate.length > callerBounds.lightCertificate ||
  leaf.length > callerBounds.lightCertificate
