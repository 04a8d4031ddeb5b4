/** The table of routes, for access control, methods and metrics. */
import { assert, describe, it } from "@effect/vitest"
import { isOpen, methodsOf, routeNameOf, routes } from "../src/routes.ts"

/** The path with sample parameters. */
const written = (path: string): string => path.replaceAll(/:\w+/g, "x")

describe("the table of routes", () => {
  it("has every route once, and no ambiguous pattern", () => {
    assert.strictEqual(new Set(routes.map(({ name }) => name)).size, routes.length)
    for (const { path } of routes) {
      for (const other of routes) {
        assert.strictEqual(other.pattern.test(written(path)), other.path === path, `${path} by ${other.path}`)
      }
    }
  })

  it("names each by its method and path, HEAD as GET, and everything else `other`", () => {
    for (const { method, name, path } of routes) assert.strictEqual(routeNameOf(method, `${written(path)}?a=b`), name)
    assert.strictEqual(routeNameOf("HEAD", "/docs"), "GET /docs")
    assert.strictEqual(routeNameOf("GET", "/v1/nothing"), "other")
    assert.strictEqual(routeNameOf("POST", "/docs"), "other")
  })

  it("lists the methods of a path", () => {
    assert.deepStrictEqual(methodsOf("/v1/verify"), ["GET", "HEAD", "POST"])
    assert.deepStrictEqual(methodsOf("/v1/verify/batch"), ["POST"])
    assert.deepStrictEqual(methodsOf("/v1/associations/a.example/xmpp-server"), ["DELETE", "GET", "HEAD"])
    assert.deepStrictEqual(methodsOf("/openapi.json"), ["GET", "HEAD"])
    assert.deepStrictEqual(methodsOf("/v1/nothing"), [])
  })

  it("opens health, metrics and the docs, in their exact spelling only", () => {
    assert.deepStrictEqual(routes.filter(({ path }) => isOpen(path)).map(({ name }) => name), [
      "GET /docs",
      "GET /docs/style.css",
      "GET /health/live",
      "GET /health/ready",
      "GET /metrics",
      "GET /openapi.json"
    ])
    assert.isTrue(isOpen("/metrics?x=/v1/verify"))
    for (const spelling of ["/metrics/", "//metrics", "/metric%73", "/metrics;x", "/METRICS", ""]) {
      assert.isFalse(isOpen(spelling), spelling)
    }
  })
})
