/** The document in OpenAPI 3.0: the same API, and nothing that 3.0 lacks. */
import { assert, describe, it } from "@effect/vitest"
import { Ajv2020 } from "ajv/dist/2020.js"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import {
  isReference,
  mapSchemas,
  mapValues,
  type OpenApiDocument
} from "../../../packages/api/src/openApi/OpenApiDocument.ts"
import { toOpenApi30 } from "../../generated/openApi30.ts"

const read = (name: string): OpenApiDocument =>
  JSON.parse(readFileSync(join(import.meta.dirname, "../../../packages/api", name), "utf8"))

const document = read("openapi.json")
const older = read("openapi-3.0.json")

const judgeOf = (spec: OpenApiDocument) => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  ajv.addSchema(spec, "openapi")
  return (name: string, value: unknown) => ajv.getSchema(`openapi#/components/schemas/${name}`)?.(value) === true
}

/** Every value of an example, with what is in it. */
const valuesIn = (value: unknown): ReadonlyArray<unknown> =>
  typeof value === "object" && value !== null
    ? [value, ...Object.values(value).flatMap(valuesIn), ...Object.keys(value).flatMap((key) => spoilt(value, key))]
    : [value]

const spoilt = (value: object, key: string): ReadonlyArray<unknown> => {
  const { [key]: member, ...others } = value as Record<string, unknown>
  return [others, { ...others, [key]: [member] }, { ...others, [key]: "?" }, { ...value, other: 1 }]
}

/** The values of all examples of bodies, of requests and of responses. */
const examples = Object.values(document.paths).flatMap((item) =>
  Object.values(item).flatMap(({ requestBody, responses }) =>
    [...Object.values(responses).flatMap((response) => isReference(response) ? [] : [response]), requestBody]
      .flatMap((message) => Object.values(message?.content ?? {}))
      .flatMap((media) => Object.values(media.examples ?? {}))
      .flatMap((example) => isReference(example) ? [] : [example.value])
  )
)

describe("the document in OpenAPI 3.0", () => {
  it("has the same operations, parameters, statuses and media types", () => {
    const shape = ({ components, paths }: OpenApiDocument) =>
      mapValues(paths, (item) =>
        mapValues(item, ({ operationId, parameters = [], requestBody, responses }) => ({
          operationId,
          parameters: parameters.map(({ in: place, name }) => [place, name]),
          body: Object.keys(requestBody?.content ?? {}),
          responses: mapValues(responses, (response) => {
            const name = isReference(response) ? response.$ref.split("/").at(-1) ?? "" : ""
            const { content = {} } = (components["responses"]?.[name] ?? response) as { content?: object }
            return Object.keys(content)
          })
        })))
    assert.deepStrictEqual(shape(older), shape(document))
    assert.strictEqual(older.openapi, "3.0.3")
  })

  it("takes and refuses the same messages", () => {
    const [before, after] = [judgeOf(document), judgeOf(older)]
    const all = examples.flatMap(valuesIn).map((value) => JSON.stringify(value))
    const values = [...new Set(all)].map((text): unknown => JSON.parse(text))
    assert.isAbove(values.length, 500)
    const counts = { taken: 0, refused: 0 }
    for (const name of Object.keys(document.components.schemas)) {
      for (const value of values) {
        assert.strictEqual(after(name, value), before(name, value), `${name} ${JSON.stringify(value)}`)
        counts[after(name, value) ? "taken" : "refused"] += 1
      }
    }
    assert.isAbove(counts.taken, 500)
  })

  it("has no default, no list of scopes, and nothing beside a reference", () => {
    mapSchemas(older, (schema) => {
      for (const key of ["default", "examples", "const", "anyOf"]) assert.notProperty(schema, key)
      if ("$ref" in schema) assert.deepStrictEqual(Object.keys(schema), ["$ref"])
      return schema
    })
    for (const item of Object.values(older.paths)) {
      for (const { security = [] } of Object.values(item)) {
        assert.deepStrictEqual(security.flatMap(Object.values).flat(), [])
      }
    }
  })

  it("is not made of what 3.0 has no word for", () => {
    for (const schema of [{ const: 1 }, { type: ["string", "null"] }, { anyOf: [{}, {}] }, { exclusiveMinimum: 1 }]) {
      const odd = { ...document, components: { ...document.components, schemas: { Odd: schema } } }
      assert.throws(() => toOpenApi30(odd), /OpenAPI 3\.0 has no/)
    }
  })
})
