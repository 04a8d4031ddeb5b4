/**
 * What the client is asked and what it says, as types that need no `effect`: programs without it compile against them.
 * `clientTypes.test.ts` compares them with the schemas of the contract.
 */
import type { failureCodes, verdictKinds } from "../codeLists.ts"
import type { ClientFaultCode } from "./faultCodes.ts"

/** A question. Exactly one of `certificate`, `chain` and `fingerprint` is given (POSH-REQ-01). */
export interface ClientQuestion {
  /** From a trusted context (the stream's `to` or `from`), never from SNI, the certificate or DNS (POSH-REQ-03). */
  readonly domain: string
  readonly service: string
  /** PEM (one or more blocks, the leaf first), base64 of DER, or DER. */
  readonly certificate?: string | Uint8Array
  /** 1 to 10 of these, the leaf first. */
  readonly chain?: ReadonlyArray<string | Uint8Array>
  /** Hashes of the leaf, in base64 or in hex with or without colons. The caller then checks the certificate's dates itself. */
  readonly fingerprint?: { readonly "sha-256"?: string; readonly "sha-512"?: string }
  readonly prooftypes?: ReadonlyArray<"posh" | "pkix" | "dane">
  readonly generations?: "rfc-then-draft" | "rfc-only" | "draft-only"
  readonly nameCheck?: "advisory" | "source-or-delegated" | "source"
  readonly chainCheck?: "off" | "report" | "require"
  readonly derivedDomain?: string
  readonly derivedDomainSecure?: boolean
  /** Seconds. Such a question is not answered from the local cache, which does not know how old material is. */
  readonly maxAge?: number
  /** Needs a key with the scope `admin`. Such a question is not answered from the local cache. */
  readonly refresh?: boolean
  /** Milliseconds, 50 to 30,000: the question's own time-out, if it is less than the client's. */
  readonly deadlineMs?: number
  readonly explain?: boolean
}

/** An answer of the service to exactly the question that was asked. Only `valid: true` means yes. */
export interface ClientAnswer {
  readonly id: string
  readonly valid: boolean
  readonly verdict: typeof verdictKinds[number]
  readonly code: "Verified" | typeof failureCodes[number]
  readonly message: string
  readonly domain: string
  readonly service: string
  readonly prooftype: "posh" | "pkix" | "dane"
  readonly proofs?: ReadonlyArray<{
    readonly prooftype: "posh" | "pkix" | "dane"
    readonly verdict: typeof verdictKinds[number] | "not-applicable"
    readonly code: "Verified" | "NotNeeded" | "NotApplicable" | typeof failureCodes[number]
  }>
  readonly generation?: "rfc7711" | "draft"
  readonly certificate: {
    readonly sha256?: string
    readonly sha512?: string
    readonly notBefore?: string
    readonly notAfter?: string
    readonly datesChecked: boolean
  }
  readonly validUntil?: string
  readonly refreshAfter?: string
  /** Whole seconds that are left of the answer's lifetime; fewer each time that the local cache answers. */
  readonly ttl: number
  readonly retryable: boolean
  readonly retryAfterMs?: number
  readonly cache?: "miss" | "memory" | "redis" | "coalesced"
  /** With `explain`: an `Evidence` of `@posh/api`. */
  readonly evidence?: object
}

/** Why there is no answer. It never means yes, and never no. */
export interface ClientFault {
  readonly code: ClientFaultCode
  /** One sentence for a person. */
  readonly message: string
  /** Whether the same question can be answered later. */
  readonly retryable: boolean
  readonly retryAfterMs?: number
  /** The endpoint at fault, without its path. */
  readonly endpoint?: string
  /** The HTTP status, if one was received. */
  readonly status?: number
  /** The `X-Request-Id` of the response. */
  readonly requestId?: string
  /** The problem that the service gave (RFC 9457). */
  readonly problem?: { readonly code: string; readonly detail: string; readonly field?: string }
}

/** Every result has a `kind`, so that a failure has no `answer` to read, and no member that says `valid`. */
export type VerifyResult =
  | { readonly kind: "answer"; readonly answer: ClientAnswer }
  | { readonly kind: "failure" } & ClientFault
