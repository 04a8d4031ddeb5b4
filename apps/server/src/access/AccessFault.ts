/**
 * Why a request is turned away, whatever it asks.
 */
import type { Problem } from "@posh/api"

export interface AccessFault {
  readonly problem: Problem
  /** How to do better, as `WWW-Authenticate` says it (RFC 6750 §3). */
  readonly challenge?: string
}
