/**
 * What a request is answered whose caller may not ask.
 */
import type { Problem } from "@posh/api"

/** Why a request is turned away; `headers` are names and values by turns. */
export interface AccessFault {
  readonly problem: Problem
  readonly headers?: ReadonlyArray<string>
}
