/**
 * The table of routes: those of the contract and those of its documentation. Scopes, methods, and the names in metrics
 * and spans come from here.
 */
import { Api, Health, type Scope, scopeOf } from "@posh/api"
import { HttpApi } from "effect/http-api"

export interface Route {
  readonly method: string
  /** With parameters as `:name`. */
  readonly path: string
  /** Method and path, for labels and spans. */
  readonly name: string
  /** The scope that a key needs; `undefined` for an open route. */
  readonly scope: Scope | undefined
  readonly pattern: RegExp
}

/** Paths of the documentation. */
export const docsPaths = ["/openapi.json", "/docs", "/docs/style.css"] as const

const toRoute = (method: string, path: string, scope: Scope | undefined): Route => ({
  method,
  path,
  name: `${method} ${path}`,
  scope,
  pattern: new RegExp(`^${path.replaceAll(/:\w+/g, "[^/]+")}$`)
})

/** Sorted by name. */
export const routes: ReadonlyArray<Route> = (() => {
  const all = docsPaths.map((path) => toRoute("GET", path, undefined))
  HttpApi.reflect(Api, {
    onGroup: () => {},
    onEndpoint: ({ endpoint }) => {
      all.push(toRoute(endpoint.method, endpoint.path, scopeOf(endpoint)))
    }
  })
  return all.toSorted(({ name: left }, { name: right }) => left < right ? -1 : 1)
})()

/** Is this path one of health or metrics, for any method? Compared literally. */
export const isOperations = (url: string): boolean => operationsPaths.has(pathOf(url))

const operationsPaths: ReadonlySet<string> = new Set(Object.values(Health.endpoints).map(({ path }) => path))

/** The label for requests without a route. */
export const otherRoute = "other"

/** The name of the route, or `other`: a closed set, because labels must not grow with requests. */
export const routeNameOf = (method = "", url = ""): string => {
  if (method === "POST" && url === "/v1/verify") return "POST /v1/verify" // the hot path
  const path = pathOf(url)
  const asked = method === "HEAD" ? "GET" : method
  return routes.find((route) => route.method === asked && route.pattern.test(path))?.name ?? otherRoute
}

/** Sorted methods of a path; empty without a route. `GET` implies `HEAD` (RFC 9110 §9.3.2). */
export const methodsOf = (path: string): ReadonlyArray<string> => {
  const methods = routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)
  return methods.concat(methods.includes("GET") ? ["HEAD"] : []).toSorted()
}

/**
 * True if the path needs no key, for any method. Compared unparsed: other spellings that the router accepts are not open,
 * and `scopes.ts` checks the scope again after routing.
 */
export const isOpen = (url: string): boolean => openPaths.has(pathOf(url))

const openPaths: ReadonlySet<string> = new Set(
  routes.filter(({ scope }) => scope === undefined).map(({ path }) => path)
)

const pathOf = (url: string): string => url.split(/[?#]/, 1)[0] ?? ""
