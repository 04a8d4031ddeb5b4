/**
 * Authorisation: checks the scope of the caller after routing and before the body is read.
 *
 * **Details**
 *
 * Not in the gate, which runs before routing: the router accepts several spellings of a path, such as `%61` for `a`, or a
 * `;` with parameters.
 */
import { Access, scopeOf } from "@posh/api"
import { Effect, Layer, Result } from "effect"
import { HttpServerRequest } from "effect/http"
import { challenge } from "../../access/Callers.ts"
import { permit } from "../../service/Caller.ts"
import { callerOf } from "../Exchange.ts"
import { problemResponse } from "./problems.ts"

/** Middleware of the endpoints. An endpoint without a declared scope needs `admin`, so none is open by mistake. */
export const layer = Layer.succeed(Access, {
  bearer: (handled, { endpoint }) =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ source }) => {
      const needed = scopeOf(endpoint) ?? "admin"
      const permitted = permit(callerOf(source), needed)
      return Result.isSuccess(permitted) ? handled : Effect.succeed(problemResponse(permitted.failure, {
        "www-authenticate": `${challenge}, error="insufficient_scope", scope="${needed}"`
      }))
    })
})
