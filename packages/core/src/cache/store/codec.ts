/**
 * Encodes associations and negative entries as text for shared stores. Stored text is untrusted input: it is decoded by a
 * schema, and what follows from the octets (hashes, dates) is derived again (POSH-CAC-05).
 *
 * The text is a JSON object: `codec/envelope.ts` has its frame, `codec/wire.ts` its members.
 */
import { Option, Result, Schema } from "effect"
import { hash } from "node:crypto"
import type { Association } from "../../association/Association.ts"
import type { Hop } from "../../association/Hop.ts"
import type { JwkEntry, Material } from "../../association/Material.ts"
import { ResolveError } from "../../association/ResolveError.ts"
import { toBase64 } from "../../encoding/base64.ts"
import type { Lint } from "../../Lint.ts"
import { isCanonicalDomain } from "../../question/Domain.ts"
import type { StoreKey } from "../../question/StoreKey.ts"
import { parseCertificate } from "../../x509/Certificate.ts"
import type { NegativeEntry } from "./AssociationStore.ts"
import { unwrap, wrap } from "./codec/envelope.ts"
import { evidenceLimits, StoredAssociation, StoredNegative } from "./codec/wire.ts"

/** JSON text. */
export const encodeAssociation = (association: Association): string => {
  const { delegatedDomain, delegation, hops, lifetime, lints, material } = association
  return wrap({
    ...keyMembers(association),
    material: writeMaterial(material),
    lints: writeLints(lints),
    hops: hops.map(writeHop),
    delegation,
    delegatedDomain,
    lifetime
  })
}

/**
 * `undefined` for anything but a valid association of this key.
 *
 * **Details**
 *
 * Takes time linear in the length of the text, most of it to parse certificates. WHETHER IT HAS EXPIRED IS NOT CHECKED.
 */
export const decodeAssociation = (text: string, key: StoreKey): Association | undefined => {
  const stored = read(text, decodeStoredAssociation)
  if (stored === undefined || !belongsTo(stored, key)) return undefined
  const { delegatedDomain, delegation, hops, lifetime, lints } = stored
  const material = readMaterial(stored)
  return material !== undefined && isLifetimeOf(material, stored) && isCanonicalDomain(delegatedDomain, anyHost)
    ? { ...keyMembers(key), material, lints, hops, delegation, delegatedDomain, lifetime }
    : undefined
}

/** JSON text. Takes the key too, because a negative entry does not contain it. */
export const encodeNegative = (negative: NegativeEntry, key: StoreKey): string => {
  const { error, failures, learnedAt, nothingPublished, until } = negative
  const { code, detail, hopIndex, hops, lints, retryAfterMs, url } = error
  return wrap({
    ...keyMembers(key),
    learnedAt,
    until,
    failures,
    nothingPublished,
    error: {
      code,
      detail: detail === undefined ? undefined : cut(detail),
      hopIndex,
      url,
      retryAfterMs,
      hops: hops.map(writeHop),
      lints: lints === undefined ? undefined : writeLints(lints)
    }
  })
}

/** `undefined` for anything but a valid negative entry of this key. WHETHER IT HAS EXPIRED IS NOT CHECKED. */
export const decodeNegative = (text: string, key: StoreKey): NegativeEntry | undefined => {
  const stored = read(text, decodeStoredNegative)
  if (stored === undefined || !belongsTo(stored, key)) return undefined
  const { error, failures, learnedAt, nothingPublished, until } = stored
  return { error: new ResolveError(error), learnedAt, until, failures, nothingPublished }
}

// Unknown members are refused: they may change the meaning of the known ones.
const strict = { onExcessProperty: "error" } as const
const decodeStoredAssociation = Schema.decodeUnknownOption(Schema.fromJsonString(StoredAssociation), strict)
const decodeStoredNegative = Schema.decodeUnknownOption(Schema.fromJsonString(StoredNegative), strict)

const read = <A>(text: string, decode: (body: string) => Option.Option<A>): A | undefined => {
  const body = unwrap(text)
  return body === undefined ? undefined : Option.getOrUndefined(decode(body))
}

const keyMembers = ({ domain, generation, service }: Omit<StoreKey, "text">) => ({ domain, service, generation })

const belongsTo = (stored: StoredAssociation | StoredNegative, key: StoreKey): boolean =>
  stored.domain === key.domain && stored.service === key.service && stored.generation === key.generation

// The delegation policy is applied when an association is resolved; here only the syntax of the host is checked.
const anyHost = { allowSpecialUse: true }

const readMaterial = ({ generation, material }: StoredAssociation): Material | undefined => {
  if (material._tag === "Fingerprints") return material
  if (generation === "rfc7711") return undefined // POSH-FMT-71
  const entries = material.entries.flatMap((entry) => readEntry(entry) ?? [])
  return entries.length === material.entries.length ? { _tag: "JwkSet", entries } : undefined
}

const readEntry = (stored: Pick<JwkEntry, "index" | "kid" | "chain">): JwkEntry | undefined => {
  const [leaf] = stored.chain
  const certificate = leaf === undefined ? undefined : Result.getOrUndefined(parseCertificate(leaf))
  if (certificate === undefined) return undefined
  const { notAfter, notBefore, publicKey, sha256 } = certificate
  return {
    ...stored,
    notBefore,
    notAfter,
    sha256,
    spkiSha256: new Uint8Array(hash("sha256", publicKey.spki, "buffer"))
  }
}

/** POSH-CAC-10: fingerprints expire when they become stale. POSH-CAC-20: a JWK Set expires with its certificates. */
const isLifetimeOf = (material: Material, { lifetime }: StoredAssociation): boolean =>
  material._tag === "Fingerprints"
    ? lifetime.revalidateAt === lifetime.expiresAt // so also graceUntil, which lies between them
    : material.entries.some(({ notAfter }) => lifetime.expiresAt <= notAfter)

const writeMaterial = (material: Material) =>
  material._tag === "Fingerprints"
    ? {
      _tag: material._tag,
      descriptors: material.descriptors.map(({ hashes, index }) => ({
        index,
        hashes: Object.fromEntries(Object.entries(hashes).map(([name, octets]) => [name, toBase64(octets)]))
      }))
    }
    : {
      _tag: material._tag,
      entries: material.entries.map(({ chain, index, kid }) => ({ index, kid, chain: chain.map(toBase64) }))
    }

const writeLints = (lints: ReadonlyArray<Lint>) =>
  lints.slice(0, evidenceLimits.lints).map(({ code, message, path, severity }) => ({
    code,
    severity,
    message: cut(message),
    path: path === undefined ? undefined : cut(path)
  }))

// Member by member: a hop may have further members that are not stored.
const writeHop = ({ address, document, documentSha256, endedAt, startedAt, status, tlsLeafSha256, url }: Hop) => ({
  url,
  status,
  address,
  tlsLeafSha256,
  startedAt,
  endedAt,
  document,
  documentSha256
})

const cut = (text: string): string => text.slice(0, evidenceLimits.characters)
