/**
 * Who may ask what. Keys travel as bearer tokens (RFC 6750); every endpoint that is not open says which scope it needs.
 */
import { Context } from "effect"
import { type HttpApiEndpoint, HttpApiMiddleware, HttpApiSecurity, OpenApi } from "effect/http-api"

/** What a key allows; `admin` includes `verify`. */
export const scopes = ["verify", "admin"] as const
export type Scope = typeof scopes[number]

const bearer = HttpApiSecurity.bearer.pipe(HttpApiSecurity.annotate(
  OpenApi.Description,
  "A key of this service. Not needed where the service was started without keys, or knows callers by certificate."
))

/** Stands before every endpoint that is not open. Which scope the endpoint needs is told by {@link scopeOf}. */
export class Access extends HttpApiMiddleware.Service<Access>()("posh/api/Access", { security: { bearer } }) {}

class NeededScope extends Context.Service<NeededScope, Scope>()("posh/api/NeededScope") {}

/** The annotation of an endpoint that needs this scope. OpenAPI names it beside the scheme. */
export const needs = (scope: Scope): Context.Context<never> =>
  Context.merge(
    Context.make(NeededScope, scope),
    OpenApi.annotations({ override: { security: [{ bearer: [scope] }] } })
  ) as Context.Context<never>

/** The scope that an endpoint needs; none where it is open. */
export const scopeOf = ({ annotations }: Pick<HttpApiEndpoint.Top, "annotations">): Scope | undefined =>
  Context.getOrUndefined(annotations, NeededScope)
