/**
 * What a verdict rests on, as the decision log names it: the document with the material, by a digest that anybody can
 * compute, and when it was fetched.
 */
import { ResolveError, type Verdict } from "@posh/core"

export interface Footing {
  /**
   * Hex SHA-256 of the last document, octet for octet; also of one that was refused. Absent where there was none, and for
   * what a release without digests has remembered.
   */
  readonly digest?: string
  /** Start of the request for it, or of the last request that failed; milliseconds since the epoch. */
  readonly fetchedAt?: number
}

export const toFooting = (basis: NonNullable<Verdict["basis"]>): Footing => {
  const last = basis.hops.at(-1)
  const fetchedAt = basis instanceof ResolveError ? last?.startedAt : basis.lifetime.fetchedAt
  return {
    ...(last?.documentSha256 === undefined ? {} : { digest: last.documentSha256 }),
    ...(fetchedAt === undefined ? {} : { fetchedAt })
  }
}
