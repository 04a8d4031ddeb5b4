/**
 * Answers what a domain asserts.
 */
import type { Association, Problem } from "@posh/api"
import type { AssociationReport, Verifier } from "@posh/core"
import { Effect } from "effect"
import { audit } from "./audit.ts"
import { type Caller, permit } from "./Caller.ts"
import type { Limits } from "./limits/Limits.ts"
import { questionProblem } from "./problems.ts"
import { toAssociation } from "./toAnswer.ts"

export interface AskedAssociation {
  readonly domain: string
  readonly service: string
  /** Resolve again even if cached. */
  readonly refresh: boolean
  /** Milliseconds. */
  readonly deadlineMs?: number | undefined
}

/** Within the limits of the caller, who needs `admin` for a refresh. */
export const answerAssociation = (
  verifier: Pick<Verifier["Service"], "report">,
  { ask }: Pick<Limits["Service"], "ask">,
  caller: Caller,
  { deadlineMs, domain, refresh, service }: AskedAssociation
): Effect.Effect<Association, Problem> =>
  Effect.fromResult(permit(caller, refresh ? "admin" : "verify", "refresh")).pipe(
    Effect.andThen(ask({
      caller,
      answer: Effect.mapError(
        verifier.report(domain, service, { refresh, ...(deadlineMs === undefined ? {} : { deadlineMs }) }),
        (error) => questionProblem(error)
      ),
      // Over its budget a caller gets no answer of DNS, and must not read that as one.
      isSettled: ({ state, tlsa }: AssociationReport) => state === "material" && tlsa?.state !== "untrusted"
    })),
    Effect.tap((report) =>
      refresh ? audit("refresh", caller, { domain: report.domain, service: report.service }) : Effect.void
    ),
    Effect.map(toAssociation)
  )
