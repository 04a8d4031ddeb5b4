/**
 * HTTPS GET at a stranger's server, under limits, at vetted addresses only. The implementation is in `../node`;
 * this is its promise, so that resolution can be read and tested without a network stack.
 */
import { Context, Data, type Effect } from "effect"
import { failures, type VerdictCode } from "../codes.ts"
import { withPrintable } from "../encoding/quote.ts"
import type { AttemptLimits } from "../Limits.ts"
import type { Domain } from "../question/Domain.ts"

/** A target that passed every check of requirements §2.6; `url` has no user-info and no fragment. */
export interface HttpsTarget {
  readonly url: string
  readonly host: Domain
  readonly port: number
  /** Path with query. */
  readonly path: string
}

/** Response head: names in lower case, one element a field line, in order of arrival. */
export interface Head {
  readonly status: number
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
}

/**
 * What a request is waiting for, where a budget holds it back; read when a deadline passes in the meantime, so that
 * the answer can name the reason (POSH-SEC-12).
 */
export interface Waiting {
  code?: "RateLimitedLocally" | "ResolverOverloaded"
}

export interface FetchRequest {
  readonly target: HttpsTarget
  /** For whom the request is made: budgets count by it (POSH-SEC-12). */
  readonly sourceDomain: Domain
  /** The source domain is known to have published material: made-up ones must not take its turn (POSH-SEC-12). */
  readonly hadMaterial: boolean
  readonly waiting: Waiting
  readonly accept: string
  readonly limits: AttemptLimits
  /**
   * Decoded octets of body that are read at most, or `undefined` where the body does not matter: then it is not
   * read, and its coding is not looked at.
   */
  readonly bodyLimit: (head: Head) => number | undefined
}

/** What is known of a request whichever way it ends. */
export interface FetchTrace {
  readonly address?: string
  readonly tlsLeafSha256?: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** `startedAt` and the time that passed, also where the wall clock was set meanwhile (POSH-CAC-35). */
  readonly endedAt: number
}

export interface FetchResponse extends Head {
  /** Decoded octets; empty where the body was not wanted. */
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
  /** More than the code says; bounded and escaped (POSH-SEC-14). */
  readonly detail?: string
  readonly status?: number
  readonly retryAfterMs?: number
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
  /** One GET. Redirects are answers, not followed (POSH-RES-72). */
  readonly get: (request: FetchRequest) => Effect.Effect<FetchResponse, FetchError>
  /**
   * The first half of `get`: looks the host up, and hands out the second, which asks its web server. Where this fails, no
   * web server was touched. Absent where both are one, and whoever counts has to count the look-up as a request.
   */
  readonly find?: (request: FetchRequest) => Effect.Effect<Effect.Effect<FetchResponse, FetchError>, FetchError>
}>()("posh/Fetcher") {}

/** The values of a header field, one for each field line. */
export const headerValues = (head: Head, name: string): ReadonlyArray<string> =>
  head.headers.filter(([key]) => key === name).map(([, value]) => value)
