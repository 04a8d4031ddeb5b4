/**
 * A digest of what a verdict was decided from: equal digests, equal evidence.
 */
import { type Association, ResolveError, type Verdict } from "@posh/core"
import { encodeAssociation } from "@posh/core/cache"
import { LRUCache } from "lru-cache"
import { hash } from "node:crypto"

type Basis = NonNullable<Verdict["basis"]>

/** Of the basis of a verdict. */
export type Digest = (basis: Basis, verdict: Pick<Verdict, "domain" | "service" | "generation">) => string

/** Digests that are kept, and octets of what they are of. */
const most = { digests: 4_096, octets: 8 * 1024 * 1024 }

/**
 * Hex SHA-256 over the association as shared stores have it, or over the failure.
 *
 * **Details**
 *
 * A fleet asks about the same domains again and again, with ever new certificates, and to digest what one publishes costs
 * as much as a tenth of the answer: the last digest of each is kept for as long as its basis is the latest.
 */
export const makeDigest = (): Digest => {
  const known = new LRUCache<string, { readonly basis: Basis; readonly digest: string; readonly size: number }>({
    max: most.digests,
    maxSize: most.octets,
    sizeCalculation: ({ size }) => size
  })
  return (basis, { domain, generation, service }) => {
    const key = `${domain} ${service} ${generation ?? ""}`
    const kept = known.get(key)
    if (kept?.basis === basis) return kept.digest
    const text = toText(basis)
    const digest = hash("sha256", text, "hex")
    known.set(key, { basis, digest, size: 512 + text.length })
    return digest
  }
}

const toText = (basis: Basis): string => basis instanceof ResolveError ? failureText(basis) : associationText(basis)

const associationText = (association: Association): string => encodeAssociation(association)

const failureText = ({ code, detail, hopIndex, hops, lints, url }: ResolveError): string =>
  JSON.stringify({ code, detail, hopIndex, hops, lints, url })
