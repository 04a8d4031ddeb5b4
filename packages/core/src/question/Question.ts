/**
 * A question as the caller sends it, not yet validated (requirements §0.6).
 */
import type { Generations } from "./Generation.ts"
import type { Prooftype } from "./Prooftype.ts"

export type NameCheckMode = "advisory" | "source-or-delegated" | "source"
export type ChainCheckMode = "off" | "report" | "require"

export interface Question {
  /** The source domain, from a trusted context: never from SNI, the certificate or DNS (POSH-REQ-03). */
  readonly domain: string
  /** A registered key or an alias of one. */
  readonly service: string
  /** Exactly one of the three (POSH-REQ-01). PEM, or base64 DER. */
  readonly certificate?: string
  readonly chain?: ReadonlyArray<string>
  /** Base64 or hex by hash name. The caller has to check the certificate's dates itself. */
  readonly fingerprint?: { readonly [name: string]: string }
  readonly prooftypes?: ReadonlyArray<Prooftype>
  readonly generations?: Generations
  readonly nameCheck?: NameCheckMode
  readonly chainCheck?: ChainCheckMode
  readonly derivedDomain?: string
  readonly derivedDomainSecure?: boolean
  /** Seconds; material older than this is resolved again. */
  readonly maxAge?: number
  /** Resolve again even if cached (POSH-CAC-32). */
  readonly refresh?: boolean
  /** Milliseconds, 50…30,000 (POSH-REQ-07). Default 10,000. */
  readonly deadlineMs?: number
}
