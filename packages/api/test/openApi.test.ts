import { assert, describe, it } from "@effect/vitest"
import { HttpApi } from "effect/http-api"
import committed from "../openapi.json" with { type: "json" }
import {
  Access,
  Api,
  failureCodes,
  makeOpenApi,
  problemCodes,
  problems,
  problemType,
  scopeOf,
  verdictKinds
} from "../src/index.ts"

const spec = makeOpenApi()

describe("openapi.json", () => {
  it("is up to date (npm run generate)", () =>
    assert.deepStrictEqual<unknown>(JSON.parse(JSON.stringify(spec)), committed))

  it("names every route that is built", () => {
    const routes = Object.entries(spec.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`)
    )
    assert.sameMembers(routes, [
      "POST /v1/verify",
      "GET /v1/verify",
      "POST /v1/verify/batch",
      "GET /v1/associations/{domain}/{service}",
      "DELETE /v1/associations/{domain}/{service}",
      "GET /v1/associations",
      "POST /v1/documents/lint",
      "POST /v1/documents/generate",
      "GET /health/live",
      "GET /health/ready",
      "GET /metrics"
    ])
  })

  it("every operation but those of health needs a scope, and is guarded", () => {
    HttpApi.reflect(Api, {
      onGroup: () => {},
      onEndpoint: ({ endpoint, group, middleware }) => {
        const isOpen = group.identifier === "health"
        assert.strictEqual(scopeOf(endpoint) === undefined, isOpen, endpoint.identifier)
        assert.strictEqual([...middleware].some(({ key }) => key === Access.key), !isOpen, endpoint.identifier)
        const item = spec.paths[endpoint.path.replaceAll(/:(\w+)/g, "{$1}")]
        const operation = item?.[endpoint.method.toLowerCase() as "get"]
        assert.deepStrictEqual(operation?.security, isOpen ? [] : [{ bearer: [scopeOf(endpoint) ?? ""] }])
      }
    })
    assert.deepInclude(spec.components.securitySchemes["bearer"], { type: "http", scheme: "bearer" })
  })

  it("every operation has a summary, and every message a title or a description", () => {
    for (const item of Object.values(spec.paths)) {
      for (const operation of Object.values(item)) assert.property(operation, "summary")
    }
    for (const [name, schema] of Object.entries(spec.components.schemas)) {
      assert.isTrue("title" in schema || "description" in schema, name)
    }
  })

  it("no message is there twice", () => {
    assert.deepStrictEqual(Object.keys(spec.components.schemas).filter((name) => /_\d+$/.test(name)), [])
  })

  it("names every code", () => {
    const text = JSON.stringify(spec)
    for (const code of [...failureCodes, ...problemCodes.map(problemType), ...verdictKinds]) {
      assert.include(text, JSON.stringify(code))
    }
  })

  it("every status of a problem is one that some operation declares, or the routing answers", () => {
    const declared = new Set(
      Object.values(spec.paths).flatMap((item) =>
        Object.values(item).flatMap((operation) => Object.keys((operation as { readonly responses: object }).responses))
      )
    )
    const routing = new Set([404, 405]) // of paths that are none
    for (const { status } of Object.values(problems)) {
      assert.isTrue(declared.has(String(status)) || routing.has(status), String(status))
    }
  })
})
