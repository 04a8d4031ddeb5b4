/**
 * The table of routes: those of the contract, and those of its documentation. Everything that has to know a route by
 * something other than its handler (what it needs, what its path takes, how metrics and spans name it) reads it here.
 */
import { Api, Health, type Scope, scopeOf } from "@posh/api"
import { HttpApi } from "effect/http-api"

export interface Route {
  readonly method: string
  /** Parameters are written `:name`. */
  readonly path: string
  /** Method and path, as labels and spans name it. */
  readonly name: string
  /** What a key needs; `undefined` where none is needed. */
  readonly scope: Scope | undefined
  readonly pattern: RegExp
}

/** Where the contract is documented, for machines and for people. */
export const docsPaths = ["/openapi.json", "/docs", "/docs/style.css"] as const

const toRoute = (method: string, path: string, scope: Scope | undefined): Route => ({
  method,
  path,
  name: `${method} ${path}`,
  scope,
  pattern: new RegExp(`^${path.replaceAll(/:\w+/g, "[^/]+")}$`)
})

/** By name. */
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

/** Is it health or metrics that this asks for, whatever the method? Compared as it is written. */
export const isOperations = (url: string): boolean => operationsPaths.has(pathOf(url))

const operationsPaths: ReadonlySet<string> = new Set(Object.values(Health.endpoints).map(({ path }) => path))

/** What a request is counted under that has no route. */
export const otherRoute = "other"

/** The name of a request's route, or `other`: one of a closed set, whatever callers ask for. */
export const routeNameOf = (method = "", url = ""): string => {
  if (method === "POST" && url === "/v1/verify") return "POST /v1/verify" // the most asked one is not looked for
  const path = pathOf(url)
  const asked = method === "HEAD" ? "GET" : method
  return routes.find((route) => route.method === asked && route.pattern.test(path))?.name ?? otherRoute
}

/** The methods that a path takes, in order; none where there is nothing at it. `HEAD` goes with `GET` (RFC 9110 §9.3.2). */
export const methodsOf = (path: string): ReadonlyArray<string> => {
  const methods = routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)
  return methods.concat(methods.includes("GET") ? ["HEAD"] : []).toSorted()
}

/**
 * Does this path need no key, whatever the method? It is compared as it is written: another spelling that the router would
 * also take is not open, and what a scope guards asks for it again where the router has decided (`scopes.ts`).
 */
export const isOpen = (url: string): boolean => openPaths.has(pathOf(url))

const openPaths: ReadonlySet<string> = new Set(
  routes.filter(({ scope }) => scope === undefined).map(({ path }) => path)
)

const pathOf = (url: string): string => url.split(/[?#]/, 1)[0] ?? ""
