/**
 * Compares the TLSA records of a service with what it publishes for POSH: each names certificates, and a verifier that asks for both
 * accepts none that the records do not name (POSH-PRF-25).
 *
 * **Details**
 *
 * Compared is what both sides tell. A fingerprint tells the hash of a certificate, so records about its key say nothing here;
 * nor do those about an issuer (usages 0 and 2), nor does a set that is not listed whole.
 */
import { Result } from "effect"
import { hash } from "node:crypto"
import type { Material } from "../../association/Material.ts"
import { type Lint, lint } from "../../Lint.ts"
import type { DnsFacts } from "../../proof/dane/DnsFacts.ts"
import {
  certificateSubject,
  fingerprintSubject,
  isAbout,
  type TlsaSubject,
  type UsableTlsa
} from "../../proof/dane/Tlsa.ts"
import type { TlsaReport } from "../../verdict/TlsaReport.ts"
import { parseCertificate } from "../../x509/Certificate.ts"

export const compareTlsa = (
  { endpoints, endpointsLeftOut }: TlsaReport,
  { protocol }: DnsFacts,
  material: Material
): ReadonlyArray<Lint> => {
  const subjects = subjectsOf(material)
  // Several hosts may have the same records, by an alias.
  const owners = new Map(endpoints.map(({ base, port, records }) => [`_${port}.${protocol}.${base}`, records]))
  const records = [...owners].flatMap(([owner, checks]) =>
    checks.flatMap(({ fault, record }) => fault === undefined ? [{ owner, record, forms: formsOf(record) }] : [])
  )
  if (records.length === 0) return []
  const isWhole = endpointsLeftOut === 0 &&
    endpoints.every(({ recordsLeftOut, state }) => recordsLeftOut === 0 && state !== "untrusted")
  const compared = subjects.map((subject) => records.map((one) => about(one, subject)))
  const unnamed = subjects.filter((_, index) => isWhole && compared[index]?.every((is) => is === false))
  const unpublished = records.filter((_, index) => compared.every((row) => row[index] === false))
  return [
    ...unnamed.map(({ path }) => lint("MaterialWithoutTlsa", "warning", path)),
    ...[...new Set(unpublished.map(({ owner }) => owner))].map((owner) => {
      const { length } = unpublished.filter((one) => one.owner === owner)
      return lint("TlsaWithoutMaterial", "info", owner, `${length} of ${records.length}`)
    })
  ]
}

interface PublishedSubject {
  /** Position in the document. */
  readonly path: string
  readonly subject: TlsaSubject
}

const subjectsOf = (material: Material): ReadonlyArray<PublishedSubject> =>
  material._tag === "Fingerprints"
    ? material.descriptors.map(({ hashes, index }) => ({
      path: `fingerprints[${index}]`,
      subject: fingerprintSubject(hashes)
    }))
    : material.entries.flatMap(({ chain: [leaf], index }) => {
      const parsed = leaf === undefined ? undefined : Result.getOrUndefined(parseCertificate(leaf))
      return parsed === undefined
        ? []
        : [{ path: `keys[${index}]`, subject: certificateSubject(parsed.der, () => parsed.publicKey.spki) }]
    })

/** A record with whole octets says what one with their hash does. */
const formsOf = (record: UsableTlsa): ReadonlyArray<UsableTlsa> => {
  const { data, matching, selector, usage } = record
  return matching !== 0 ? [record] : ([1, 2] as const).map((digest) => ({
    usage,
    selector,
    matching: digest,
    data: new Uint8Array(hash(digest === 1 ? "sha256" : "sha512", data, "buffer"))
  }))
}

/** `undefined`: not known. */
const about = (
  { forms, record }: { readonly forms: ReadonlyArray<UsableTlsa>; readonly record: UsableTlsa },
  { subject }: PublishedSubject
): boolean | undefined => {
  if (record.usage === 0 || record.usage === 2) return undefined
  const told = forms.map((form) => isAbout(form, subject)).filter((is) => is !== undefined)
  return told.length === 0 ? undefined : told.includes(true)
}
