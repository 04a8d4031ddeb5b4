/**
 * What DANE says of a presented certificate, as a witness (requirements §6.2). Pure.
 */
import type { ServiceLookup } from "../proof/dane/DaneLookup.ts"
import { type DaneResult, decideDane } from "../proof/dane/decideDane.ts"
import { makeTlsaMatcher } from "../proof/dane/matchTlsa.ts"
import type { TlsaUsage } from "../proof/dane/Tlsa.ts"
import { findPath } from "../x509/path/findPath.ts"
import { makeTrustAnchors } from "../x509/path/TrustAnchors.ts"
import type { Assessment } from "./decide.ts"
import type { Witness } from "./together.ts"
import { type DaneEvidence, type Evidence, makeNegative, makeVerdict } from "./Verdict.ts"

export interface DaneQuestion {
  readonly assessment: Assessment
  readonly lookup: ServiceLookup
  readonly usages: ReadonlySet<TlsaUsage>
  /** DER, leaf first and anchor last, if there is a path to a public root. */
  readonly pkixPath: () => ReadonlyArray<Uint8Array> | undefined
  /** For how long a verdict holds at most, milliseconds. */
  readonly maxLifetimeMs: number
}

export const hearDane = ({ assessment, lookup, maxLifetimeMs, pkixPath, usages }: DaneQuestion): Witness => {
  const { inquiry: { presented, target }, now } = assessment
  const match = makeTlsaMatcher({
    presented,
    issuers: presented.issuers,
    source: target.domain,
    service: target.service,
    now,
    pkixPath,
    findPath: ({ anchors, ...question }) => findPath({ ...question, anchors: makeTrustAnchors(anchors) })
  })
  const result = decideDane({ lookup, usages, match })
  if (result.kind === "not-applicable") return { prooftype: "dane", silent: "NotApplicable", until: result.until }
  const subject = { domain: target.domain, service: target.service.key, presented, decidedAt: now }
  const evidence = (): Evidence => ({ attempts: [], lints: presented.lints, dane: toEvidence(result) })
  if (result.kind !== "match") {
    const more = { prooftype: "dane", retryAfterMs: Math.max(0, result.until - now) } as const
    return result.code === "DnssecBogus"
      ? makeNegative(subject, result.code, evidence, { ...more, detail: result.detail })
      : makeNegative(subject, result.code, evidence, more)
  }
  const validUntil = Math.min(result.until, now + maxLifetimeMs)
  return makeVerdict({
    ...subject,
    verdict: "verified",
    valid: true,
    code: "Verified",
    message: `DNSSEC vouches for this certificate of ${target.domain}, by a TLSA record of ${result.base}.`,
    prooftype: "dane",
    retryable: false,
    validUntil,
    refreshAfter: validUntil
  }, evidence)
}

const toEvidence = (result: DaneResult): DaneEvidence => {
  switch (result.kind) {
    case "match": {
      const { base, port, record: { matching, selector, usage } } = result
      return {
        detail: "a TLSA record matches",
        record: { usage, selector, matching, name: `port ${port} of ${base}` }
      }
    }
    case "fail":
      return { detail: result.code === "DnssecBogus" ? `${result.step}: ${result.detail}` : "no TLSA record matches" }
    case "unknown":
      return { detail: "the TLSA records are about what a hash does not tell" }
    case "not-applicable":
      return { detail: `DANE does not apply: ${result.reason}` }
  }
}
