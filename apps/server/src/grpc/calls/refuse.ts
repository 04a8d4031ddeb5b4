/**
 * Ends a call with a problem.
 */
import type { ConnectError } from "@connectrpc/connect"
import type { Problem } from "@posh/api"
import { toStatus } from "../statuses.ts"
import type { Call } from "./Call.ts"

/** The status of the call; noted for metrics. `toName`: of a field at fault. */
export const refuse = (call: Call, problem: Problem, toName?: (field: string) => string): ConnectError => {
  call.problem = problem.code
  return toStatus(problem, call.requestId, toName)
}
