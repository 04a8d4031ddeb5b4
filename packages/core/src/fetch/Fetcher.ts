/**
 * HTTPS GET to untrusted servers, under limits, to vetted addresses only. This is the interface, so resolution can be
 * read and tested without a network stack; the implementation is in `../node`.
 */
import { Context, Data, type Effect } from "effect"
import { failures, type VerdictCode } from "../codes.ts"
import { withPrintable } from "../encoding/quote.ts"
import type { AttemptLimits } from "../Limits.ts"
import type { Domain } from "../question/Domain.ts"

/** A target that passed all checks of requirements §2.6; `url` has no user-info and no fragment. */
export interface HttpsTarget {
  readonly url: string
  readonly host: Domain
  readonly port: number
  /** Path with query. */
  readonly path: string
}

/** Response head: names in lower case, one element per field line, in order of arrival. */
export interface Head {
  readonly status: number
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
}

/**
 * What a request waits for, if a budget delays it. It is read when a deadline passes, so the answer can name the reason
 * (POSH-SEC-12).
 */
export interface Waiting {
  code?: "RateLimitedLocally" | "ResolverOverloaded"
}

export interface FetchRequest {
  readonly target: HttpsTarget
  /** The source domain that causes the request: budgets count by it (POSH-SEC-12). */
  readonly sourceDomain: Domain
  /** The source domain has published material before: invented domains must not take its turn (POSH-SEC-12). */
  readonly hadMaterial: boolean
  readonly waiting: Waiting
  readonly accept: string
  /**
   * Offer no post-quantum key share, so that the first flight of the handshake fits into one TCP segment. Default: as the
   * TLS library does. For origins that reset a larger one (see {@link FetchError}, POSH-RES-94).
   */
  readonly smallHello?: boolean
  readonly limits: AttemptLimits
  /**
   * Maximum size of the decoded body, octets. `undefined`: the body is not needed; it is not read, and its coding is
   * not checked.
   */
  readonly bodyLimit: (head: Head) => number | undefined
}

/** What is known of a request, whether it succeeds or fails. */
export interface FetchTrace {
  readonly address?: string
  readonly tlsLeafSha256?: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** `startedAt` plus monotonic time, even if the wall clock was set meanwhile (POSH-CAC-35). */
  readonly endedAt: number
}

export interface FetchResponse extends Head {
  /** Decoded octets; empty if the body was not read. */
  readonly body: Uint8Array
  readonly trace: FetchTrace
}

/** The subset of {@link VerdictCode} that a single request can end in. */
export const fetchCodes = [
  "DnsNameNotFound",
  "DnsTemporaryFailure",
  "BlockedAddress",
  "ConnectionRefused",
  "ConnectionReset",
  "ConnectTimeout",
  "NetworkUnreachable",
  "TlsHandshakeFailed",
  "TlsProtocolTooOld",
  "TlsCertificateUntrusted",
  "TlsCertificateExpired",
  "TlsHostnameMismatch",
  "PinMismatch",
  "HttpProtocolError",
  "ResponseTimeout",
  "BodyTruncated",
  "BodyTooLarge",
  "UnsupportedContentEncoding",
  "RateLimitedLocally",
  "ResolverOverloaded",
  "InternalError"
] as const satisfies ReadonlyArray<VerdictCode>

export type FetchCode = typeof fetchCodes[number]

interface FetchErrorFields {
  readonly code: FetchCode
  /** Details beyond the code; bounded and escaped (POSH-SEC-14). */
  readonly detail?: string
  readonly status?: number
  readonly retryAfterMs?: number
  /** The connection ended after our ClientHello, before any octet of an answer to it. */
  readonly helloReset?: boolean
  readonly trace: FetchTrace
}

export class FetchError extends Data.TaggedError("FetchError")<FetchErrorFields> {
  constructor(fields: FetchErrorFields) {
    super(withPrintable(fields, "detail"))
  }

  override get message(): string {
    return this.detail === undefined ? failures[this.code].summary : `${failures[this.code].summary} (${this.detail})`
  }
}

export class Fetcher extends Context.Service<Fetcher, {
  /** One GET. Redirects are responses and are not followed (POSH-RES-72). */
  readonly get: (request: FetchRequest) => Effect.Effect<FetchResponse, FetchError>
  /**
   * The first half of `get`: looks up the host, and returns the second half, the request to its web server. If it
   * fails, no web server was contacted. Absent if an implementation cannot separate them; budgets then count the
   * look-up as a request.
   */
  readonly find?: (request: FetchRequest) => Effect.Effect<Effect.Effect<FetchResponse, FetchError>, FetchError>
}>()("posh/Fetcher") {}

/** The values of a header field, one per field line. */
export const headerValues = (head: Head, name: string): ReadonlyArray<string> =>
  head.headers.filter(([key]) => key === name).map(([, value]) => value)
