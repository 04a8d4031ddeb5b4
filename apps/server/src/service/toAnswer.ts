/**
 * Maps values of the core to messages of the contract. Pure.
 */
import type * as Api from "@posh/api"
import {
  type AssociationReport,
  type AttemptReport,
  type Certificate,
  failures,
  type Hashes,
  type Hop,
  type Lifetime,
  type Material,
  type PkixEvidence,
  type Presented,
  type Verdict
} from "@posh/core"
import { formatCursor, type Inventory } from "@posh/core/cache"
import { printable } from "@posh/core/serving"
import type { Types } from "effect"
import { toInstant } from "./instants.ts"
import { evidenceBounds } from "./limits/bounds.ts"
import { toTlsa } from "./toTlsa.ts"

export interface AnswerOptions {
  /** The id of the decision. */
  readonly id: string
  readonly explain: boolean
  /** When the answer is sent, if later than the decision; milliseconds since the epoch. */
  readonly now?: number
}

/** Sets members one by one, which costs a tenth of spreading objects. */
export const toAnswer = (
  verdict: Verdict,
  { explain, id, now = verdict.decidedAt }: AnswerOptions
): Api.Answer => {
  const answer: Types.Mutable<Api.Answer> = {
    id,
    valid: verdict.valid,
    verdict: verdict.verdict,
    code: verdict.code,
    message: verdict.message,
    domain: verdict.domain,
    service: verdict.service,
    prooftype: verdict.prooftype,
    certificate: toPresented(verdict.presented),
    ttl: toTtl(verdict, now),
    retryable: verdict.retryable
  }
  if (verdict.proofs !== undefined) answer.proofs = verdict.proofs
  if (verdict.generation !== undefined) answer.generation = verdict.generation
  if (verdict.validUntil !== undefined) answer.validUntil = toInstant(verdict.validUntil)
  if (verdict.refreshAfter !== undefined) answer.refreshAfter = toInstant(Math.max(verdict.refreshAfter, now))
  if (verdict.retryAfterMs !== undefined) answer.retryAfterMs = verdict.retryAfterMs
  if (verdict.cache !== undefined) answer.cache = verdict.cache
  if (explain) answer.evidence = toEvidence(verdict)
  return answer
}

/** The answer of `GET /v1/associations/{domain}/{service}`. */
export const toAssociation = (report: AssociationReport): Api.Association => {
  const { association } = report
  return {
    domain: report.domain,
    service: report.service,
    state: report.state,
    code: report.code,
    message: report.message,
    ...(association === undefined ? {} : {
      generation: association.generation,
      delegation: association.delegation,
      delegatedDomain: association.delegatedDomain,
      material: toMaterial(association.material),
      ...toLifetime(association.lifetime)
    }),
    ...instantOf("refreshAfter", report.refreshAfter),
    cache: report.cache,
    retryable: report.retryable,
    ...given("retryAfterMs", report.retryAfterMs),
    evidence: { attempts: report.attempts.map(toAttempt) },
    lints: report.lints,
    ...(report.tlsa === undefined ? {} : { tlsa: toTlsa(report.tlsa) })
  }
}

/** One page of the cached associations. */
export const toInventory = ({ associations, cursor, partial }: Inventory): Api.Inventory => ({
  associations: associations.map(({ lifetime, ...association }) => ({
    domain: association.domain,
    service: association.service,
    generation: association.generation,
    delegation: association.delegation,
    delegatedDomain: association.delegatedDomain,
    fetchedAt: toInstant(lifetime.fetchedAt),
    revalidateAt: toInstant(lifetime.revalidateAt),
    expiresAt: toInstant(lifetime.expiresAt)
  })),
  ...given("cursor", cursor === undefined ? undefined : formatCursor(cursor)),
  ...given("partial", partial)
})

/** Whole seconds from `now` on; 0 unless verified. */
export const toTtl = ({ decidedAt, valid, validUntil }: Verdict, now: number): number =>
  valid && validUntil !== undefined ? Math.max(0, Math.floor((validUntil - Math.max(decidedAt, now)) / 1_000)) : 0

export const toPresented = (presented: Presented): Api.PresentedCertificate => {
  const { certificate, hashes, sha256Text } = presented
  // For a certificate its SHA-256 suffices; for fingerprints, every hash of the question is echoed.
  if (certificate === undefined) {
    return { ...given("sha256", sha256Text), ...base64Of("sha512", hashes["sha-512"]), datesChecked: false }
  }
  const notBefore = toInstant(certificate.notBefore)
  const notAfter = toInstant(certificate.notAfter)
  return sha256Text === undefined
    ? { notBefore, notAfter, datesChecked: true }
    : { sha256: sha256Text, notBefore, notAfter, datesChecked: true }
}

export const toEvidence = ({ code, evidence, presented, proofs, prooftype, verdict }: Verdict): Api.Evidence => ({
  attempts: evidence.attempts.map(toAttempt),
  ...given("delegation", evidence.delegation),
  ...given("delegatedDomain", evidence.delegatedDomain),
  ...(evidence.material === undefined ? {} : { material: toMaterial(evidence.material) }),
  ...(evidence.matched === undefined ? {} : { matched: toMatched(evidence.matched) }),
  ...(presented.certificate === undefined ? {} : toIdentifiers(presented.certificate)),
  ...given("names", evidence.names),
  ...given("chain", evidence.chain),
  ...(evidence.lifetime === undefined ? {} : toLifetime(evidence.lifetime)),
  prooftypes: proofs ?? [{ prooftype, verdict, code }],
  ...(evidence.pkix === undefined ? {} : { pkix: toPkixEvidence(evidence.pkix) }),
  ...given("dane", evidence.dane),
  lints: evidence.lints
})

/** Without what the core keeps beside it. */
const toMatched = ({ algorithm, candidates, index }: NonNullable<Api.Evidence["matched"]>) => ({
  index,
  algorithm,
  candidates
})

const toPkixEvidence = ({ detail, fetches, path }: PkixEvidence): Api.PkixEvidence => ({
  ...given("detail", detail),
  ...(path === undefined ? {} : { path: path.map(toPathCertificate) }),
  ...given("fetches", fetches)
})

const toPathCertificate = ({ notAfter, sha256, subject }: Certificate) => ({
  subject: printable(subject),
  sha256: Buffer.from(sha256).toString("base64"),
  notAfter: toInstant(notAfter)
})

const toAttempt = (attempt: AttemptReport): Api.Attempt => ({
  generation: attempt.generation,
  code: attempt.code,
  ...(attempt.code === "Resolved" ? {} : { stage: failures[attempt.code].stage }),
  ...given("detail", attempt.detail),
  ...given("url", attempt.url),
  ...given("hopIndex", attempt.hopIndex),
  hops: attempt.hops.map(toHop),
  cache: attempt.cache,
  ...given("revalidation", attempt.revalidation)
})

const toHop = (hop: Hop): Api.Hop => ({
  ...hop,
  startedAt: toInstant(hop.startedAt),
  endedAt: toInstant(hop.endedAt)
})

const toMaterial = (material: Material): Api.Material =>
  material._tag === "Fingerprints"
    ? {
      kind: "fingerprints",
      entries: material.descriptors.map(({ hashes, index }) => ({ index, hashes: toHashes(hashes) }))
    }
    : {
      kind: "jwk-set",
      entries: material.entries.map((entry) => ({
        index: entry.index,
        ...given("kid", entry.kid),
        hashes: toHashes({ "sha-256": entry.sha256 }),
        notBefore: toInstant(entry.notBefore),
        notAfter: toInstant(entry.notAfter)
      }))
    }

const toHashes = (hashes: Hashes) => ({
  ...base64Of("sha-256", hashes["sha-256"]),
  ...base64Of("sha-384", hashes["sha-384"]),
  ...base64Of("sha-512", hashes["sha-512"])
})

const toLifetime = (lifetime: Lifetime) => ({
  fetchedAt: toInstant(lifetime.fetchedAt),
  revalidateAt: toInstant(lifetime.revalidateAt),
  graceUntil: toInstant(lifetime.graceUntil),
  expiresAt: toInstant(lifetime.expiresAt)
})

/** Bounded in number; each name is bounded and escaped (POSH-SEC-14). */
const toIdentifiers = (
  { names }: Certificate
): Pick<Api.Evidence, "presentedIdentifiers" | "presentedIdentifiersOmitted"> => {
  const counts = identifierTypes.map((type) => names[type].length)
  const shares = shareOut(counts, evidenceBounds.identifiers)
  const omitted = counts.reduce((sum, count, index) => sum + count - (shares[index] ?? 0), 0)
  return {
    presentedIdentifiers: identifierTypes.flatMap((type, index) =>
      names[type].slice(0, shares[index]).map((value) => ({ type, value: printable(value) }))
    ),
    ...(omitted === 0 ? {} : { presentedIdentifiersOmitted: omitted })
  }
}

const identifierTypes = ["dns", "srv", "xmpp", "uri", "ip"] as const

/** Distributes `room` evenly: a type with many names takes only what the others leave. */
const shareOut = (counts: ReadonlyArray<number>, room: number): ReadonlyArray<number> => {
  const shares = counts.map(() => 0)
  const ascending = [...counts.entries()].sort(([, one], [, other]) => one - other)
  let left = room
  for (const [place, [index, count]] of ascending.entries()) {
    const share = Math.min(count, Math.floor(left / (counts.length - place)))
    shares[index] = share
    left -= share
  }
  return shares
}

/** An object with the member, or empty if there is no value. */
const given = <const K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } =>
  value === undefined ? {} : { [key]: value } as { readonly [P in K]: V }

const instantOf = <const K extends string>(key: K, milliseconds: number | undefined) =>
  given(key, milliseconds === undefined ? undefined : toInstant(milliseconds))

const base64Of = <const K extends string>(key: K, octets: Uint8Array | undefined) =>
  given(key, octets === undefined ? undefined : Buffer.from(octets).toString("base64"))
