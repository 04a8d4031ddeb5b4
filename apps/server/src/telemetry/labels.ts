/**
 * The closed sets that labels of metrics take their values from. Never domains, callers or URLs: these have no end.
 */
import { problemCodes, readyStates, verdictKinds } from "@posh/api"
import { failures, type FetchCode, type FetchPhase, type Generation, type VerdictCode } from "@posh/core"
import type { SharedFaultReason } from "../redis/FaultLog.ts"
import { otherRoute, routes as table } from "../routes.ts"

export { problemCodes, readyStates, verdictKinds }

/** Whose trouble it is that nobody could find out. `none`: somebody did. */
export type Whose = "origin" | "ours" | "none"

type Unknown = { [K in VerdictCode]: typeof failures[K]["verdict"] extends "indeterminate" ? K : never }[VerdictCode]

/** The far side is at fault, or this service is. Time in our own queues has codes of its own, so a deadline is theirs. */
const troubles: Readonly<Record<Unknown, Exclude<Whose, "none">>> = {
  DnsNameNotFound: "origin",
  DnsTemporaryFailure: "origin",
  BlockedAddress: "origin",
  ConnectionRefused: "origin",
  ConnectionReset: "origin",
  ConnectTimeout: "origin",
  NetworkUnreachable: "origin",
  TlsHandshakeFailed: "origin",
  TlsProtocolTooOld: "origin",
  TlsCertificateUntrusted: "origin",
  TlsCertificateExpired: "origin",
  TlsHostnameMismatch: "origin",
  HttpProtocolError: "origin",
  ResponseTimeout: "origin",
  AccessDenied: "origin",
  ClientErrorStatus: "origin",
  RateLimited: "origin",
  ServerError: "origin",
  BodyTruncated: "origin",
  NoCommonHash: "origin",
  DeadlineExceeded: "origin",
  ResolverOverloaded: "ours",
  RateLimitedLocally: "ours",
  InternalError: "ours",
  Cancelled: "ours"
}

export const whoseTrouble = (code: VerdictCode | "Verified"): Whose =>
  code in troubles ? troubles[code as Unknown] : "none"

const isVerdict = (code: string): code is VerdictCode => failures[code as keyof typeof failures].verdict !== "refused"

export const verdictCodes: ReadonlyArray<VerdictCode> = Object.keys(failures).filter(isVerdict)

/** Every verdict with every code that it can have. */
export const verdictSeries = [
  { verdict: "verified", code: "Verified", whose: "none" },
  ...verdictCodes.map((code) => ({ verdict: failures[code].verdict, code, whose: whoseTrouble(code) }))
]

export const generations: ReadonlyArray<Generation> = ["rfc7711", "draft"]

/** What a resolution can end in: whatever does not need the certificate in question. */
export const resolutionCodes = [
  "Resolved",
  ...verdictCodes.filter((code) => failures[code].stage !== "match")
]

// A table, so that a code which is added is missed by the type check.
const fetchCodes: Readonly<Record<FetchCode | "Answered" | "Cancelled", true>> = {
  Answered: true,
  DnsNameNotFound: true,
  DnsTemporaryFailure: true,
  BlockedAddress: true,
  ConnectionRefused: true,
  ConnectionReset: true,
  ConnectTimeout: true,
  NetworkUnreachable: true,
  TlsHandshakeFailed: true,
  TlsProtocolTooOld: true,
  TlsCertificateUntrusted: true,
  TlsCertificateExpired: true,
  TlsHostnameMismatch: true,
  HttpProtocolError: true,
  ResponseTimeout: true,
  BodyTruncated: true,
  BodyTooLarge: true,
  UnsupportedContentEncoding: true,
  RateLimitedLocally: true,
  ResolverOverloaded: true,
  InternalError: true,
  Cancelled: true
}
export const outboundCodes = Object.keys(fetchCodes)

const phases: Readonly<Record<FetchPhase, true>> = { dns: true, connect: true, tls: true, exchange: true }
export const fetchPhases = Object.keys(phases)

const reasons: Readonly<Record<SharedFaultReason, true>> = {
  timeout: true,
  connection: true,
  refused: true,
  open: true,
  unsealable: true,
  undecodable: true,
  oversized: true
}
export const sharedFaultReasons = Object.keys(reasons) as ReadonlyArray<SharedFaultReason>

/** Of requests; one that has no route has a name as well. */
export const routes: ReadonlyArray<string> = [...table.map(({ name }) => name), otherRoute]

/** `aborted`: the caller went away before the answer was complete. */
export const statusClasses = ["2xx", "3xx", "4xx", "5xx", "aborted"] as const
