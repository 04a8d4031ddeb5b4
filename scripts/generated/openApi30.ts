/**
 * The OpenAPI document in version 3.0, for generators of clients that do not read 3.1. It describes the same requests and
 * answers; what only a person or a linter reads is left out.
 *
 * What differs:
 *
 * - Schemas have one `example` in the place of `examples`, and nothing beside a `$ref`.
 * - No `default`: generated clients send it with every question.
 * - An `enum` of a boolean goes: generators make strings of its values.
 * - The list beside a security scheme is empty (3.0.3, "Security Requirement Object"); `x-scope` has the scope.
 * - `license.identifier` goes, and so do the examples of bodies.
 */
import {
  type Content,
  type JsonSchema,
  mapOperations,
  mapResponses,
  mapSchemas,
  mapValues,
  type OpenApiDocument,
  type OperationObject,
  type ResponseObject
} from "../../packages/api/src/openApi/OpenApiDocument.ts"
import { openApiDocument } from "./openApi.ts"

export const openApi30Document = (): string =>
  `${JSON.stringify(toOpenApi30(JSON.parse(openApiDocument()) as OpenApiDocument), null, 2)}\n`

export const toOpenApi30 = (document: OpenApiDocument): OpenApiDocument => {
  const { responses = {} } = document.components
  const plain = mapResponses(mapOperations(document, toOperation30), withoutExamples)
  return mapSchemas({
    ...plain,
    openapi: "3.0.3",
    info: { ...document.info, license: { name: "Apache-2.0" } },
    components: {
      ...plain.components,
      responses: mapValues(responses, (response) => withoutExamples(response as ResponseObject))
    }
  }, toSchema30)
}

const toOperation30 = ({ requestBody, security = [], ...operation }: OperationObject): OperationObject => {
  const scopes = security.flatMap((requirement) => Object.values(requirement).flat())
  return {
    ...operation,
    ...(requestBody === undefined ? {} : { requestBody: withoutExamples(requestBody) }),
    security: security.map((requirement) => mapValues(requirement, () => [])),
    ...(scopes.length === 0 ? {} : { "x-scope": scopes.join(" ") })
  }
}

const withoutExamples = <A extends { readonly content?: Content }>(message: A): A =>
  message.content === undefined
    ? message
    : { ...message, content: mapValues(message.content, ({ examples: _examples, ...media }) => media) }

/** Keywords of 2020-12 that 3.0 has in the same meaning (3.0.3, "Schema Object"), as far as the document has them. */
const known = new Set([
  "additionalProperties",
  "description",
  "enum",
  "format",
  "items",
  "maxItems",
  "maxLength",
  "maximum",
  "minItems",
  "minLength",
  "minimum",
  "pattern",
  "properties",
  "required",
  "title",
  "type"
])

const toSchema30 = ({ default: _default, examples, ...schema }: JsonSchema): JsonSchema => {
  const { $ref } = schema
  if ($ref !== undefined) return { $ref }
  for (const key of Object.keys(schema)) if (!known.has(key)) throw new Error(`OpenAPI 3.0 has no ${key} as we use it`)
  if (Array.isArray(schema["type"])) throw new Error("OpenAPI 3.0 has no list of types")
  const { enum: values, ...others } = schema
  return {
    ...others,
    ...(values === undefined || schema["type"] === "boolean" ? {} : { enum: values }),
    ...(Array.isArray(examples) && examples.length > 0 ? { example: examples[0] } : {})
  }
}
