/**
 * What is wrong with a published document, and what could be better: the publisher's side of the specification
 * (requirements §7).
 *
 * An `error` keeps verifiers from accepting the document or an entry of it, ours or others in use; a `warning` departs
 * from the specification and works with some; an `info` is advice.
 */
import { Result } from "effect"
import { type FailureCode, failures } from "../codes.ts"
import type { Head } from "../fetch/Fetcher.ts"
import { type Lint, lint, type LintCode, type Severity } from "../Lint.ts"
import { type Document, parseDocument } from "../proof/posh/Document.ts"
import { classifyMediaType } from "../proof/posh/response.ts"
import type { Generation } from "../question/Generation.ts"
import type { AssociationReport } from "../verdict/AssociationReport.ts"
import { lintMaterial } from "./lint/material.ts"
import { publishableTarget } from "./lint/reference.ts"
import { lintHeaders, lintHops, lintMediaType } from "./lint/transport.ts"

export interface Finding {
  readonly code: FailureCode | LintCode
  readonly severity: Severity
  /** One sentence for a person; bounded. */
  readonly message: string
  /** Where: in the document as in `keys[0].x5c[1]`, or on the way as in `hops[1]`. */
  readonly path?: string
}

export interface LintRequest {
  /** The document as published; text is taken for UTF-8. */
  readonly document: Uint8Array | string
  /** The generation at whose path it is published. */
  readonly generation: Generation
  /** Milliseconds since the epoch. */
  readonly now: number
  /** The value of Content-Type, where nothing else of the response is known. */
  readonly contentType?: string
  /** The whole head, names in lower case; what is missing there is advised upon. Goes before `contentType`. */
  readonly headers?: Head["headers"]
}

/** Examines a document, and where given the response that delivered it. Empty where there is nothing to say. */
export const lintDocument = (request: LintRequest): ReadonlyArray<Finding> => {
  const octets = typeof request.document === "string" ? new TextEncoder().encode(request.document) : request.document
  const { generation, now } = request
  const document = Result.match(parseDocument(octets, { generation, acceptInterim: false, referenced: false, now }), {
    onFailure: (error) => [failureFinding(error.code, error.detail), ...error.lints],
    onSuccess: (document) => [...document.lints, ...lintPublished(document, now)]
  })
  return [...lintResponse(request), ...document].map(withPublisherSeverity)
}

/**
 * Examines what is known of a live domain (`Verifier.report`): the way to the document as well as its contents.
 *
 * **Gotchas**
 *
 * Evidence keeps neither headers nor `expires` as published, so ADVICE ON CACHING, SNIFFING AND LIFETIMES IS LEFT TO
 * {@link lintDocument}.
 */
export const lintReport = (report: AssociationReport, now: number): ReadonlyArray<Finding> => {
  const { association, attempts, code, lints, state } = report
  const stateFinding = code === "Resolved" ? [] : [{ code, severity: severityOf(state), message: report.message }]
  return [
    ...stateFinding,
    ...attempts.flatMap(({ hops }) => lintHops(hops)),
    ...lints,
    ...association === undefined ? [] : lintMaterial(association.material, now)
  ].map(withPublisherSeverity)
}

export { lintGenerations } from "./lint/generations.ts"
export { lintHops } from "./lint/transport.ts"

// Nothing published is no fault; neither is a network that could not be crossed the publisher's.
const severityOf = (state: AssociationReport["state"]): Severity => {
  if (state === "no-material") return "info"
  return state === "indeterminate" ? "warning" : "error"
}

const lintPublished = (document: Document, now: number): ReadonlyArray<Finding> => {
  switch (document._tag) {
    case "PublishedFingerprints":
      return [...lintExpires(document.expires, hour), ...lintMaterial(document.material, now)]
    case "PublishedJwkSet":
      return lintMaterial(document.material, now)
    case "Reference":
      return [
        ...lintExpires(document.expires, 0),
        ...Result.match(publishableTarget(document.url), {
          onFailure: ({ code, detail }) => [{ ...failureFinding(code, detail), path: "url" }],
          onSuccess: () => []
        })
      ]
  }
}

const hour = 3_600
const week = 7 * 24 * hour

// POSH-PUB-06. For references the notice period of a provider decides, and only the operator knows it.
const lintExpires = (expires: number, min: number): ReadonlyArray<Lint> => {
  if (expires < min) return [lint("ExpiresShort", "info", "expires")]
  return expires > week ? [lint("ExpiresClamped", "info", "expires")] : []
}

const lintResponse = ({ contentType, generation, headers }: LintRequest): ReadonlyArray<Finding> => {
  if (headers === undefined && contentType === undefined) return []
  const head: Head = { status: 200, headers: headers ?? [["content-type", contentType ?? ""]] }
  return [
    ...(classifyMediaType(head, generation, false) === "refused"
      ? [failureFinding("UnsupportedMediaType")]
      : lintMediaType(head, generation)),
    ...(headers === undefined ? [] : lintHeaders(head))
  ]
}

const failureFinding = (code: FailureCode, detail?: string): Finding => {
  const { summary } = failures[code]
  return { code, severity: "error", message: detail === undefined ? summary : `${summary.slice(0, -1)}: ${detail}.` }
}

// A verifier is lenient where a publisher must not be: the first breaks verifiers in use (Appendix C), the others are
// MUSTs of POSH-PUB-13.
const publisherSeverity = new Map<Finding["code"], Severity>([
  ["UnpaddedBase64", "error"],
  ["NonMinimalInteger", "warning"],
  ["KidDuplicate", "warning"]
])

const withPublisherSeverity = (finding: Finding): Finding => ({
  ...finding,
  severity: publisherSeverity.get(finding.code) ?? finding.severity
})
