/**
 * The part of a line of the decision log that stays the same for as long as question, caller and answer are.
 */
import type { Verdict } from "@posh/core"

export interface Middle {
  readonly octets: Uint8Array
  /** Which mask was put on. */
  readonly mask: unknown
  /** Whom and what it is of. */
  readonly caller: string
  readonly transport: string | undefined
  readonly answer: { readonly [K in "basis" | "cache" | "code" | "prooftype" | "validUntil"]: Verdict[K] | undefined }
  /** The sub-results as they are written; empty if there are none. */
  readonly proofs: string
}
