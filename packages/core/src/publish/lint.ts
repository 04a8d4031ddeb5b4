/**
 * Lints of published documents, for publishers (requirements §7).
 *
 * An `error`: this verifier, or another in use, refuses the document or one of its entries. A `warning`: a departure
 * from the specification that some verifiers accept. An `info`: advice.
 */
import { Result } from "effect"
import type { Material } from "../association/Material.ts"
import { type FailureCode, failures } from "../codes.ts"
import type { Head } from "../fetch/Fetcher.ts"
import { type Lint, lint, type LintCode, mostSevere, type Severity } from "../Lint.ts"
import { type Document, parseDocument } from "../proof/posh/Document.ts"
import { lintMistakenHashes } from "../proof/posh/mistakenHash.ts"
import { classifyMediaType, describeMediaType } from "../proof/posh/response.ts"
import type { Generation } from "../question/Generation.ts"
import type { AssociationReport } from "../verdict/AssociationReport.ts"
import type { Certificate } from "../x509/Certificate.ts"
import { lintDocumentHashes, mismatchOf } from "./lint/certificate.ts"
import { lintDns } from "./lint/dns.ts"
import { lintMaterial } from "./lint/material.ts"
import { publishableTarget } from "./lint/reference.ts"
import { lintHeaders, lintHops, lintMediaType } from "./lint/transport.ts"

export interface Finding {
  readonly code: FailureCode | LintCode
  readonly severity: Severity
  /** One sentence for a person; bounded. */
  readonly message: string
  /** A path in the document, such as `keys[0].x5c[1]`, a hop, such as `hops[1]`, or a name in DNS. */
  readonly path?: string
}

export interface LintRequest {
  /** The document as published; text is encoded as UTF-8. */
  readonly document: Uint8Array | string
  /** The generation whose path it is published at. */
  readonly generation: Generation
  /** Milliseconds since the epoch. */
  readonly now: number
  /** A certificate that the server presents: is it among those published? */
  readonly certificate?: Certificate
  /** The value of Content-Type, if nothing else of the response is known. */
  readonly contentType?: string
  /** All headers, names in lower case; missing ones cause findings. Takes precedence over `contentType`. */
  readonly headers?: Head["headers"]
}

/** Lints a document and, if given, the response that served it. */
export const lintDocument = (request: LintRequest): ReadonlyArray<Finding> => {
  const octets = typeof request.document === "string" ? new TextEncoder().encode(request.document) : request.document
  const { certificate, generation, now } = request
  const document = Result.match(parseDocument(octets, { generation, acceptInterim: false, referenced: false, now }), {
    onFailure: (error) => [failureFinding(error.code, error.detail), ...error.lints],
    onSuccess: (document) => [
      ...document.lints,
      ...lintPublished(document, now),
      ...(document._tag === "Reference" ? [] : findMismatch(document.material, certificate, now))
    ]
  })
  const hashes = certificate === undefined ? [] : lintDocumentHashes(octets, certificate)
  return [...lintResponse(request), ...document, ...mostSevere(hashes)].map(withPublisherSeverity)
}

/**
 * Lints a live domain from its report (`Verifier.report`): the hops and the document, and DNS where that was observed.
 *
 * **Gotchas**
 *
 * A report has neither headers nor `expires` as published: CACHING, SNIFFING AND LIFETIMES ARE NOT CHECKED. Use
 * {@link lintDocument} for them.
 */
export const lintReport = (
  report: AssociationReport,
  now: number,
  certificate?: Certificate
): ReadonlyArray<Finding> => {
  const { association, attempts, code, lints, state } = report
  const stateFinding = code === "Resolved" ? [] : [{ code, severity: severityOf(state), message: report.message }]
  return [
    ...stateFinding,
    ...attempts.flatMap(({ hops }) => lintHops(hops)),
    ...lints,
    ...association === undefined ? [] : lintMaterial(association.material, now),
    ...association === undefined ? [] : findMismatch(association.material, certificate, now),
    ...association?.material._tag === "Fingerprints" && certificate !== undefined
      ? lintMistakenHashes(association.material.descriptors, certificate)
      : [],
    ...lintDns(report)
  ].map(withPublisherSeverity)
}

export { lintGenerations } from "./lint/generations.ts"
export { lintHops } from "./lint/transport.ts"

// Publishing nothing is not a fault, and an unreachable network may not be the publisher's fault.
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

const findMismatch = (
  material: Material,
  certificate: Certificate | undefined,
  now: number
): ReadonlyArray<Finding> => {
  const code = certificate === undefined ? undefined : mismatchOf(material, certificate, now)
  return code === undefined ? [] : [failureFinding(code)]
}

const hour = 3_600
const week = 7 * 24 * hour

// POSH-PUB-06. A reference has no minimum: it depends on the provider's notice period, which only the operator knows.
const lintExpires = (expires: number, min: number): ReadonlyArray<Lint> => {
  if (expires < min) return [lint("ExpiresShort", "info", "expires")]
  return expires > week ? [lint("ExpiresClamped", "info", "expires")] : []
}

const lintResponse = ({ contentType, generation, headers }: LintRequest): ReadonlyArray<Finding> => {
  if (headers === undefined && contentType === undefined) return []
  const head: Head = { status: 200, headers: headers ?? [["content-type", contentType ?? ""]] }
  return [
    ...(classifyMediaType(head, generation, false) === "refused"
      ? [failureFinding("UnsupportedMediaType", describeMediaType(head))]
      : lintMediaType(head, generation)),
    ...(headers === undefined ? [] : lintHeaders(head))
  ]
}

const failureFinding = (code: FailureCode, detail?: string): Finding => {
  const { summary } = failures[code]
  return { code, severity: "error", message: detail === undefined ? summary : `${summary.slice(0, -1)}: ${detail}.` }
}

// A publisher must be stricter than a verifier: the first breaks verifiers in use (Appendix C), the others are MUSTs of
// POSH-PUB-13.
const publisherSeverity = new Map<Finding["code"], Severity>([
  ["UnpaddedBase64", "error"],
  ["NonMinimalInteger", "warning"],
  ["KidDuplicate", "warning"]
])

const withPublisherSeverity = (finding: Finding): Finding => ({
  ...finding,
  severity: publisherSeverity.get(finding.code) ?? finding.severity
})
