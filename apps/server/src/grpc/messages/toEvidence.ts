/**
 * Evidence and associations of the contract → messages.
 */
import type { MessageInitShape } from "@bufbuild/protobuf"
import type * as Api from "@posh/api"
import type {
  AssociationSchema,
  AttemptSchema,
  EvidenceSchema,
  HashesSchema,
  LifetimeSchema,
  MaterialSchema
} from "@posh/api/grpc"
import { toTlsaMessage } from "./toTlsaMessage.ts"
import { mapped, toInt64, toOctets, toTimestamp } from "./values.ts"

export const toEvidenceMessage = (evidence: Api.Evidence): MessageInitShape<typeof EvidenceSchema> => {
  const { attempts, dane, delegatedDomain, delegation, matched, material, names, pkix, presentedIdentifiers } = evidence
  return {
    attempts: attempts.map(toAttempt),
    delegation,
    delegatedDomain,
    material: mapped(material, toMaterial),
    matched,
    presentedIdentifiers: [...presentedIdentifiers ?? []],
    presentedIdentifiersOmitted: evidence.presentedIdentifiersOmitted,
    names,
    chain: evidence.chain,
    lifetime: toLifetime(evidence),
    prooftypes: [...evidence.prooftypes],
    pkix: mapped(pkix, ({ detail, fetches, path }) => ({
      detail,
      path: (path ?? []).map(({ notAfter, sha256, subject }) => ({
        subject,
        sha256: toOctets(sha256),
        notAfter: toTimestamp(notAfter)
      })),
      fetches: [...fetches ?? []]
    })),
    dane: mapped(dane, ({ detail, record }) => ({ detail, record })),
    lints: [...evidence.lints]
  }
}

export const toAssociationMessage = (association: Api.Association): MessageInitShape<typeof AssociationSchema> => {
  const { code, delegatedDomain, delegation, domain, generation, material, message, service, state } = association
  return {
    domain,
    service,
    state,
    code,
    message,
    generation,
    delegation,
    delegatedDomain,
    material: mapped(material, toMaterial),
    lifetime: toLifetime(association),
    refreshAfter: mapped(association.refreshAfter, toTimestamp),
    cache: association.cache,
    retryable: association.retryable,
    retryAfterMs: mapped(association.retryAfterMs, toInt64),
    attempts: association.evidence.attempts.map(toAttempt),
    lints: [...association.lints],
    tlsa: mapped(association.tlsa, toTlsaMessage)
  }
}

const toAttempt = ({ hops, ...same }: Api.Attempt): MessageInitShape<typeof AttemptSchema> => ({
  ...same,
  hops: hops.map(({ documentSha256, endedAt, startedAt, tlsLeafSha256, ...hop }) => ({
    ...hop,
    tlsLeafSha256: mapped(tlsLeafSha256, toOctets),
    startedAt: toTimestamp(startedAt),
    endedAt: toTimestamp(endedAt),
    documentSha256: mapped(documentSha256, (hex) => Buffer.from(hex, "hex"))
  }))
})

const toMaterial = ({ entries, kind }: Api.Material): MessageInitShape<typeof MaterialSchema> => ({
  kind,
  entries: entries.map(({ hashes, index, kid, notAfter, notBefore }) => ({
    index,
    kid,
    hashes: toHashes(hashes),
    notBefore: mapped(notBefore, toTimestamp),
    notAfter: mapped(notAfter, toTimestamp)
  }))
})

const toHashes = (hashes: Api.MaterialEntry["hashes"]): MessageInitShape<typeof HashesSchema> => ({
  sha256: mapped(hashes["sha-256"], toOctets),
  sha384: mapped(hashes["sha-384"], toOctets),
  sha512: mapped(hashes["sha-512"], toOctets)
})

type Lifetime = Pick<Api.Association, "fetchedAt" | "revalidateAt" | "graceUntil" | "expiresAt">

const toLifetime = (
  { expiresAt, fetchedAt, graceUntil, revalidateAt }: Lifetime
): MessageInitShape<typeof LifetimeSchema> | undefined =>
  fetchedAt === undefined ? undefined : {
    fetchedAt: toTimestamp(fetchedAt),
    revalidateAt: mapped(revalidateAt, toTimestamp),
    graceUntil: mapped(graceUntil, toTimestamp),
    expiresAt: mapped(expiresAt, toTimestamp)
  }
