/** The passes over the document that only change how it is written, or add to it. */
import { assert, describe, it } from "@effect/vitest"
import { makeOpenApi } from "../../src/index.ts"
import { withAnyRequestProblems } from "../../src/openApi/anyRequest.ts"
import { documentedHeaders, withHeaders } from "../../src/openApi/headers.ts"
import {
  isReference,
  mapOperations,
  mapValues,
  type OpenApiDocument,
  type OperationObject,
  type ResponseObject
} from "../../src/openApi/OpenApiDocument.ts"
import { withLowerCaseSchemes } from "../../src/openApi/schemes.ts"
import { withSharedResponses } from "../../src/openApi/sharedResponses.ts"

const document = makeOpenApi() as unknown as OpenApiDocument

/** With each response in its place. */
const expanded = (given: OpenApiDocument): OpenApiDocument => {
  const { responses = {}, ...components } = given.components
  return {
    ...mapOperations(given, (operation) => ({
      ...operation,
      responses: mapValues(
        operation.responses,
        (response) =>
          isReference(response) ? responses[response.$ref.split("/").at(-1) ?? ""] as ResponseObject : response
      )
    })),
    components: components as OpenApiDocument["components"]
  }
}

const small = (responses: OperationObject["responses"]): OpenApiDocument => ({
  openapi: "3.1.0",
  info: {},
  paths: { "/a": { get: { operationId: "a", responses } }, "/b": { get: { operationId: "b", responses } } },
  components: { schemas: { BadRequestProblem: { type: "object", properties: { title: { type: "string" } } } } }
})

describe("shared responses", () => {
  it("say the same as each in its place", () => {
    const whole = expanded(document)
    assert.notDeepEqual(whole, document)
    assert.deepStrictEqual(withSharedResponses(whole), document)
  })

  it("are problems that two operations have", () => {
    const { components, paths } = withSharedResponses(
      small({ 200: { description: "fine" }, 429: { description: "no" } })
    )
    assert.deepStrictEqual(components["responses"], { TooManyRequests: { description: "no" } })
    assert.deepStrictEqual(paths["/a"]?.["get"]?.responses, {
      200: { description: "fine" },
      429: { $ref: "#/components/responses/TooManyRequests" }
    })
  })

  it("differ in name where they differ", () => {
    const two = small({ 400: { description: "one" } })
    const more = small({ 400: { description: "other" } })
    const { components } = withSharedResponses({
      ...two,
      paths: { ...two.paths, "/c": more.paths["/a"]!, "/d": more.paths["/b"]! }
    })
    assert.deepStrictEqual(Object.keys(components["responses"] ?? {}), ["BadRequest", "BadRequest2"])
  })
})

describe("problems of any request", () => {
  it("are added where an operation declares none with the status, and never replace one", () => {
    const own = { description: "its own", content: { "application/problem+json": {} } }
    const { paths } = withAnyRequestProblems(
      small({ 200: { description: "fine" }, 400: own, 503: { description: "off" } })
    )
    const { responses = {} } = paths["/a"]?.["get"] ?? {}
    assert.deepStrictEqual(Object.keys(responses), ["200", "400", "408", "417", "431", "500", "503"])
    assert.strictEqual(responses["400"], own)
    assert.match((responses["503"] as ResponseObject).description, /^off, or `Overloaded`/)
  })
})

describe("headers", () => {
  it("are references to components, all of which exist and are used", () => {
    const made = withHeaders(
      small({ 200: { description: "fine" }, 401: { description: "who?" }, 429: { description: "no" } })
    )
    const used = new Set(
      [...JSON.stringify(made.paths).matchAll(/#\/components\/headers\/([^"]+)/g)].map(([, name]) => name)
    )
    assert.sameMembers([...used], Object.keys(made.components["headers"] ?? {}))
    assert.includeMembers([...used], ["X-Request-Id", "WWW-Authenticate", "Retry-After.optional"])
    assert.notInclude([...used], "Vary")
  })

  it("have an example each", () => {
    for (const [name, { description, example }] of Object.entries(documentedHeaders)) {
      assert.notStrictEqual(`${description}${example}`, "", name)
    }
  })
})

describe("schemes", () => {
  it("of HTTP are in lower case, and others stay", () => {
    const given = { a: { type: "http", scheme: "Bearer" }, b: { type: "apiKey", name: "X" } }
    const base = small({})
    const { components } = withLowerCaseSchemes({ ...base, components: { ...base.components, securitySchemes: given } })
    assert.deepStrictEqual(components["securitySchemes"], { a: { type: "http", scheme: "bearer" }, b: given.b })
  })
})
