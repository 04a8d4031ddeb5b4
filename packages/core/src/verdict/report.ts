/**
 * Reports attempts as evidence (POSH-NEG-04).
 */
import { Result } from "effect"
import type { Attempted } from "../cache/Resolution.ts"
import type { AttemptReport } from "./Verdict.ts"

/** Reports one attempt at a generation. */
export const reportAttempt = ({ cache, key: { generation }, outcome }: Attempted): AttemptReport => {
  if (Result.isSuccess(outcome)) {
    const { association, overdue } = outcome.success
    return {
      generation,
      code: "Resolved",
      hops: association.hops,
      cache,
      ...(overdue ? { revalidation: "overdue" as const } : {})
    }
  }
  const { code, detail, hopIndex, hops, url } = outcome.failure
  return {
    generation,
    code,
    hops,
    cache,
    ...(detail === undefined ? {} : { detail }),
    ...(hopIndex === undefined ? {} : { hopIndex }),
    ...(url === undefined ? {} : { url })
  }
}
