/**
 * A question of a caller on its way through the service: decoded, and prepared when it is first asked.
 */
import type { Question } from "@posh/api"
import type { Inquiry, QuestionError, Verifier } from "@posh/core"
import { type StageTracer, untraced } from "@posh/core/serving"
import type { Result } from "effect"
import type { Middle } from "../telemetry/decisions/Middle.ts"
import { callerBounds } from "./limits/bounds.ts"

/** What of a question decides the verdict. */
export type Asked = Omit<Question, "explain">

/** What was said beside whom and what the question is about; for the decision log. */
export type Said = Omit<Asked, "domain" | "service" | "certificate" | "chain" | "fingerprint">

type Prepare = Verifier["Service"]["prepare"]

/**
 * A question that can be asked any number of times. The same one is kept for callers that repeat themselves, so what
 * follows from it is worked out once.
 */
export class CallerQuestion {
  readonly said: Said
  readonly byFingerprint: boolean
  /** Does it take milliseconds, because signatures are checked or a certificate of many names is read? */
  readonly isHeavy: boolean
  /** What the decision log wrote of it last. */
  middle: Middle | undefined
  #asked: Asked
  #prepared: Result.Result<Inquiry, QuestionError> | undefined

  constructor(asked: Asked) {
    const { certificate, chain, domain: _domain, fingerprint, service: _service, ...said } = asked
    this.said = said
    this.byFingerprint = fingerprint !== undefined
    this.isHeavy = isHeavy(certificate, chain, said)
    this.#asked = asked
  }

  get isPrepared(): boolean {
    return this.#prepared !== undefined
  }

  /** Prepares it, once. Its texts are let go of then: the certificate is the longest of them. */
  prepare(prepare: Prepare, stage: StageTracer = untraced): Result.Result<Inquiry, QuestionError> {
    if (this.#prepared !== undefined) return this.#prepared
    const prepared = prepare(this.#asked, stage)
    this.#prepared = prepared
    this.#asked = letGo
    return prepared
  }
}

const letGo: Asked = { domain: "", service: "" }

const isHeavy = (certificate = "", [leaf = ""]: ReadonlyArray<string> = [], { chainCheck = "off" }: Said): boolean =>
  chainCheck !== "off" || certificate.length > callerBounds.lightCertificate ||
  leaf.length > callerBounds.lightCertificate
