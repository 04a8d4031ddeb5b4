/** The examples of the document by its own schemas; the contract test asks the running service for each. */
import { assert, describe, it } from "@effect/vitest"
import { Ajv2020 } from "ajv/dist/2020.js"
import committed from "../../openapi.json" with { type: "json" }
import type {
  MediaTypeObject,
  OpenApiDocument,
  OperationObject,
  ResponseObject
} from "../../src/openApi/OpenApiDocument.ts"
import { isReference } from "../../src/openApi/OpenApiDocument.ts"

const document = committed as unknown as OpenApiDocument
const operations = Object.values(document.paths).flatMap((item) => Object.values(item))

const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false })
ajv.addSchema(document, "openapi")

/** By the text of the schema: compiling is the slow part. */
const compiled = new Map<string, ReturnType<typeof ajv.compile>>()

/** What is wrong with a value; the schema's references are those of the document. */
const faultsOf = (schema: unknown, value: unknown): unknown => {
  const whole = JSON.stringify(schema).replaceAll("\"#/components/", "\"openapi#/components/")
  const validate = compiled.get(whole) ?? ajv.compile(JSON.parse(whole))
  compiled.set(whole, validate)
  return validate(value) ? undefined : validate.errors
}

const shared = document.components["responses"] as Readonly<Record<string, ResponseObject>>

const responsesOf = ({ responses }: OperationObject): ReadonlyArray<readonly [string, ResponseObject]> =>
  Object.entries(responses).map(([status, response]) => [
    status,
    isReference(response) ? shared[response.$ref.split("/").at(-1) ?? ""]! : response
  ])

const valuesOf = ({ examples = {} }: MediaTypeObject): ReadonlyArray<unknown> =>
  Object.values(examples).map((example) => "value" in example ? example.value : assert.fail("a reference"))

describe.each(operations.map((operation) => [operation.operationId, operation] as const))("%s", (_, operation) => {
  it("has a valid example for each parameter", () => {
    for (const { example, name, schema } of operation.parameters ?? []) {
      assert.notStrictEqual(example, undefined, name)
      assert.strictEqual(faultsOf(schema, example), undefined, name)
    }
  })

  it("has valid examples of its bodies, all but a certificate in octets", () => {
    const content = Object.entries(operation.requestBody?.content ?? {})
    for (const [mediaType, media] of content) {
      if (mediaType !== "application/pkix-cert") assert.isNotEmpty(valuesOf(media), mediaType)
      for (const value of valuesOf(media)) assert.strictEqual(faultsOf(media.schema, value), undefined, mediaType)
    }
  })

  it("has valid examples of each status", () => {
    for (const [status, { content = {} }] of responsesOf(operation)) {
      for (const media of Object.values(content)) {
        assert.isNotEmpty(valuesOf(media), status)
        for (const value of valuesOf(media)) assert.strictEqual(faultsOf(media.schema, value), undefined, status)
      }
    }
  })
})

describe("the examples", () => {
  it("name domains and addresses of documentation alone (RFC 2606, RFC 5737)", () => {
    const text = JSON.stringify(document)
    const hosts = [...text.matchAll(/https?:\/\/([a-z0-9.-]+)/g)].map(([, host = ""]) => host)
    for (const host of hosts) assert.match(host, /\.example$/, host)
    for (const [address = ""] of text.matchAll(/\b\d+\.\d+\.\d+\.\d+\b/g)) assert.match(address, /^192\.0\.2\./)
  })
})
