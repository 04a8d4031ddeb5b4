/**
 * Authorisation. Keys are bearer tokens (RFC 6750); every endpoint that is not open names the scope that it requires.
 */
import { Context } from "effect"
import { type HttpApiEndpoint, HttpApiMiddleware, HttpApiSecurity, OpenApi } from "effect/http-api"

/** What a key allows; `admin` includes `verify`. */
export const scopes = ["verify", "admin"] as const
export type Scope = typeof scopes[number]

const bearer = HttpApiSecurity.bearer.pipe(HttpApiSecurity.annotate(
  OpenApi.Description,
  "A key of this service. Not required if the service runs without keys, or authenticates callers by certificate."
))

/** The middleware of every endpoint that is not open. {@link scopeOf} gives the scope that an endpoint requires. */
export class Access extends HttpApiMiddleware.Service<Access>()("posh/api/Access", { security: { bearer } }) {}

class NeededScope extends Context.Service<NeededScope, Scope>()("posh/api/NeededScope") {}

/** The annotation of an endpoint that requires this scope. OpenAPI names it beside the scheme. */
export const needs = (scope: Scope): Context.Context<never> =>
  Context.merge(
    Context.make(NeededScope, scope),
    OpenApi.annotations({ override: { security: [{ bearer: [scope] }] } })
  ) as Context.Context<never>

/** The scope that an endpoint requires; none if it is open. */
export const scopeOf = ({ annotations }: Pick<HttpApiEndpoint.Top, "annotations">): Scope | undefined =>
  Context.getOrUndefined(annotations, NeededScope)
