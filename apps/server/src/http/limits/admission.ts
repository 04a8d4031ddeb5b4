/**
 * Admission of a request before the router: sheds load, except for health and metrics. Limits that depend on the route,
 * such as the length of a body, are applied later (`reserveBody.ts`).
 */
import { type Problem, problem } from "@posh/api"
import { callerBounds } from "../../service/limits/bounds.ts"
import type { Limits } from "../../service/limits/Limits.ts"
import { full, overloaded } from "../../service/limits/refusals.ts"
import type { Exchange } from "../Exchange.ts"
import { enqueue } from "./Pipeline.ts"

/** `undefined`: admitted. `"ignore"`: no response, because the connection is closing. */
export type Admission = Problem | "ignore" | undefined

export type Admit = (exchange: Exchange) => Admission

export const makeAdmit =
  ({ inFlight }: { readonly inFlight: Pick<Limits["Service"]["inFlight"], "fits"> }): Admit =>
  ({ caller: { account }, request, response }) => {
    const depth = enqueue(request.socket, response)
    if (depth === "behind") return "ignore"
    if (depth === "over") {
      response.shouldKeepAlive = false
      return overloaded(`At most ${callerBounds.pipelined} requests of a connection wait for their answers.`)
    }
    if (request.rawHeaders.length > 2 * callerBounds.headerLines) {
      response.shouldKeepAlive = false
      return problem("InvalidRequest", `The header has more than ${callerBounds.headerLines} lines.`)
    }
    return isOperators(request.url ?? "") || inFlight.fits(account, 1) ? undefined : full()
  }

/** Compared unparsed: other spellings that the router accepts are not exempt. */
const isOperators = (url: string): boolean => url.startsWith("/health/") || url === "/metrics"
