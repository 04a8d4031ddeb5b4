/**
 * Why a request is refused before routing.
 */
import type { Problem } from "@posh/api"

export interface AccessFault {
  readonly problem: Problem
  /** The value of `WWW-Authenticate` (RFC 6750 §3). */
  readonly challenge?: string
  /** The caller sent a key, which is not one of the service. */
  readonly isRefusedKey?: true
}
