/**
 * Plain HTTP GET of certificates that are signed and not trusted (RFC 5280 §4.2.2.1, §8), and of nothing else: documents come over
 * HTTPS alone, from `Fetcher`. This is the interface; the implementation is in `../../node`.
 */
import { Context } from "effect"
import type { Domain } from "../../question/Domain.ts"
import type { Fetcher } from "../Fetcher.ts"

/** A target that `issuerTarget` made. */
export interface HttpTarget {
  readonly url: string
  readonly host: Domain
  readonly port: 80
  /** Path with query. */
  readonly path: string
}

/**
 * Fetches as {@link Fetcher} does, under the same limits and address policy, so that its decorators serve; only that it speaks
 * plain HTTP. WHAT IT GIVES MAY BE ANYBODY'S: it must do no harm.
 */
export class CertificateFetcher extends Context.Service<CertificateFetcher, Fetcher["Service"]>()(
  "posh/CertificateFetcher"
) {}
