/**
 * Messages as the JSON that HTTP would send for them. Written against the contract, not against the service: what a caller of both would
 * compare.
 */
import type { Answer as AnswerJson, Association as AssociationJson } from "@posh/api"
import type { Answer, Association, Attempt, Evidence, Hashes, Lifetime, Material, Tlsa } from "@posh/api/grpc"

interface Timestamp {
  readonly seconds: bigint
  readonly nanos: number
}

export const answerJson = (answer: Answer): AnswerJson => {
  const { certificate, evidence, proofs, refreshAfter, retryAfterMs, ttl, validUntil, ...same } = answer
  return cleaned({
    ...same,
    proofs: proofs.length === 0 ? undefined : proofs,
    certificate: {
      sha256: base64(certificate?.sha256),
      sha512: base64(certificate?.sha512),
      notBefore: instant(certificate?.notBefore),
      notAfter: instant(certificate?.notAfter),
      datesChecked: certificate?.datesChecked
    },
    validUntil: instant(validUntil),
    refreshAfter: instant(refreshAfter),
    ttl: Number(ttl),
    retryAfterMs: retryAfterMs === undefined ? undefined : Number(retryAfterMs),
    evidence: evidence === undefined ? undefined : evidenceJson(evidence)
  }) as AnswerJson
}

export const associationJson = (association: Association): AssociationJson => {
  const { attempts, lifetime, material, refreshAfter, retryAfterMs, tlsa, ...same } = association
  return cleaned({
    ...same,
    ...lifetimeJson(lifetime),
    material: materialJson(material),
    refreshAfter: instant(refreshAfter),
    retryAfterMs: retryAfterMs === undefined ? undefined : Number(retryAfterMs),
    evidence: { attempts: attempts.map(attemptJson) },
    tlsa: tlsaJson(tlsa)
  }) as AssociationJson
}

const tlsaJson = (tlsa: Tlsa | undefined) =>
  tlsa === undefined ? undefined : {
    ...tlsa,
    resolvedAt: instant(tlsa.resolvedAt),
    expiresAt: instant(tlsa.expiresAt),
    endpoints: tlsa.endpoints.map(({ records, ...endpoint }) => ({
      ...endpoint,
      records: records.map(({ data, ...record }) => ({ ...record, data: Buffer.from(data).toString("hex") }))
    }))
  }

const evidenceJson = ({ lifetime, material, pkix, presentedIdentifiers, ...same }: Evidence) => {
  const { attempts, ...rest } = same
  return {
    ...rest,
    ...lifetimeJson(lifetime),
    attempts: attempts.map(attemptJson),
    material: materialJson(material),
    presentedIdentifiers: presentedIdentifiers.length === 0 ? undefined : presentedIdentifiers,
    pkix: pkix === undefined ? undefined : {
      detail: pkix.detail,
      path: pkix.path.length === 0 ? undefined : pkix.path.map(({ notAfter, sha256, subject }) => ({
        subject,
        sha256: base64(sha256),
        notAfter: instant(notAfter)
      })),
      fetches: pkix.fetches.length === 0 ? undefined : pkix.fetches
    }
  }
}

const attemptJson = ({ hops, ...same }: Attempt) => ({
  ...same,
  hops: hops.map(({ documentSha256, endedAt, startedAt, tlsLeafSha256, ...hop }) => ({
    ...hop,
    tlsLeafSha256: base64(tlsLeafSha256),
    documentSha256: documentSha256 === undefined ? undefined : Buffer.from(documentSha256).toString("hex"),
    startedAt: instant(startedAt),
    endedAt: instant(endedAt)
  }))
})

const materialJson = (material: Material | undefined) =>
  material === undefined ? undefined : {
    kind: material.kind,
    entries: material.entries.map(({ hashes, notAfter, notBefore, ...same }) => ({
      ...same,
      hashes: hashesJson(hashes),
      notBefore: instant(notBefore),
      notAfter: instant(notAfter)
    }))
  }

const hashesJson = (hashes: Hashes | undefined) => ({
  "sha-256": base64(hashes?.sha256),
  "sha-384": base64(hashes?.sha384),
  "sha-512": base64(hashes?.sha512)
})

const lifetimeJson = (lifetime: Lifetime | undefined) => ({
  fetchedAt: instant(lifetime?.fetchedAt),
  revalidateAt: instant(lifetime?.revalidateAt),
  graceUntil: instant(lifetime?.graceUntil),
  expiresAt: instant(lifetime?.expiresAt)
})

const base64 = (octets: Uint8Array | undefined) =>
  octets === undefined ? undefined : Buffer.from(octets).toString("base64")

const instant = (at: Timestamp | undefined) =>
  at === undefined
    ? undefined
    : new Date(Number(at.seconds) * 1_000 + at.nanos / 1_000_000).toISOString().replace(".000Z", "Z")

/** Without absent members, and the names of types. */
export const cleaned = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(cleaned)
  if (typeof value !== "object" || value === null) return value
  const members = Object.entries(value).filter(([name, member]) => member !== undefined && name !== "$typeName")
  return Object.fromEntries(members.map(([name, member]) => [name, cleaned(member)]))
}
