/** Fixtures of stored values. */
import { selfSigned } from "@posh/testing"
import { Effect, Result } from "effect"
import { hash } from "node:crypto"
import type { Association } from "../../../src/association/Association.ts"
import { ResolveError } from "../../../src/association/ResolveError.ts"
import type { NegativeEntry } from "../../../src/cache/store/AssociationStore.ts"
import type { Domain } from "../../../src/question/Domain.ts"
import type { Generation } from "../../../src/question/Generation.ts"
import type { ServiceKey } from "../../../src/question/Service.ts"
import { makeKey, type StoreKey } from "../../../src/question/StoreKey.ts"
import { parseCertificate } from "../../../src/x509/Certificate.ts"

export const minute = 60_000

/** The key of `<label>.example`. */
export const keyOf = (label: string, generation: Generation = "rfc7711"): StoreKey =>
  makeKey(`${label}.example` as Domain, "xmpp-server" as ServiceKey, generation)

/** A valid association by the instant of its fetch and its lifetime in milliseconds. */
export const associationOf = (key: StoreKey, fetchedAt: number, life: number): Association => ({
  domain: key.domain,
  service: key.service,
  generation: key.generation,
  // Fingerprints at the draft path are the interim format (POSH-NEG-08).
  material: { _tag: "Fingerprints", descriptors: [{ index: 0, hashes: { "sha-256": new Uint8Array(32).fill(7) } }] },
  lints: [{ code: "ExpiresShort", severity: "info", message: "expires is under an hour", path: "expires" }],
  hops: [{
    url: `https://${key.domain}/.well-known/posh/${key.service}.json`,
    status: 200,
    address: "192.0.2.1",
    startedAt: fetchedAt,
    endedAt: fetchedAt + 20,
    document: "fingerprints",
    documentSha256: "7".repeat(64)
  }],
  delegation: "possession",
  delegatedDomain: key.domain,
  lifetime: { fetchedAt, revalidateAt: fetchedAt + life, graceUntil: fetchedAt + life, expiresAt: fetchedAt + life }
})

/** Draft material with a certificate until the year 9999, and a grace period in milliseconds. */
export const draftOf = (key: StoreKey, fetchedAt: number, grace: number) =>
  Effect.map(selfSigned({ notAfter: new Date("9999-12-31T23:59:59Z") }), ({ der }): Association => {
    const { notAfter, notBefore, publicKey, sha256 } = Result.getOrThrow(parseCertificate(der))
    const spkiSha256 = new Uint8Array(hash("sha256", publicKey.spki, "buffer"))
    return {
      ...associationOf(key, fetchedAt, grace),
      material: { _tag: "JwkSet", entries: [{ index: 0, chain: [der], notBefore, notAfter, sha256, spkiSha256 }] },
      lifetime: {
        fetchedAt,
        revalidateAt: fetchedAt + grace / 2,
        graceUntil: fetchedAt + grace,
        expiresAt: notAfter
      }
    }
  })

/** A valid negative entry with a TTL of five minutes. */
export const negativeAt = (learnedAt: number): NegativeEntry => ({
  error: new ResolveError({ code: "NotPublished", hops: [], lints: [] }),
  learnedAt,
  until: learnedAt + 5 * minute,
  failures: 1,
  nothingPublished: true
})

/** A negative entry as plain data, without the class of its error. */
export const plain = (negative: NegativeEntry | undefined): unknown =>
  negative === undefined ? undefined : { ...negative, error: { ...negative.error } }
