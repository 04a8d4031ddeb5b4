/**
 * The parts of an OpenAPI document that the passes over it read and write. A pass is a pure function from document to
 * document.
 */
import { Predicate } from "effect"

/** A JSON Schema 2020-12 as an object. */
export type JsonSchema = Readonly<Record<string, unknown>>

export interface ReferenceObject {
  readonly $ref: string
}

/** An example by name. */
export type Examples = Readonly<
  Record<string, ReferenceObject | { readonly summary?: string; readonly value: unknown }>
>

export interface MediaTypeObject {
  readonly schema?: JsonSchema
  readonly examples?: Examples
}

export type Content = Readonly<Record<string, MediaTypeObject>>

export interface ResponseObject {
  readonly description: string
  readonly headers?: Readonly<Record<string, unknown>>
  readonly content?: Content
}

export interface ParameterObject {
  readonly name: string
  readonly in: string
  readonly schema: JsonSchema
  readonly example?: unknown
}

export interface OperationObject {
  readonly operationId: string
  readonly parameters?: ReadonlyArray<ParameterObject>
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<Record<string, ResponseObject | ReferenceObject>>
  readonly security?: ReadonlyArray<Readonly<Record<string, ReadonlyArray<string>>>>
}

export interface OpenApiDocument {
  readonly openapi: string
  readonly info: Readonly<Record<string, unknown>>
  readonly servers?: ReadonlyArray<{ readonly url: string; readonly description?: string }>
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>> & {
    readonly schemas: Readonly<Record<string, JsonSchema>>
  }
}

export const isReference = (value: object): value is ReferenceObject => "$ref" in value

/** The same keys with other values. */
export const mapValues = <A, B>(record: Readonly<Record<string, A>>, map: (value: A, key: string) => B) =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)])) as Record<string, B>

export const mapOperations = (
  document: OpenApiDocument,
  map: (operation: OperationObject) => OperationObject
): OpenApiDocument => ({ ...document, paths: mapValues(document.paths, (item) => mapValues(item, map)) })

/** Every response that is not a reference, of operations and of components. */
export const mapResponses = (
  document: OpenApiDocument,
  map: (response: ResponseObject, status: string, operationId: string) => ResponseObject
): OpenApiDocument =>
  mapOperations(document, (operation) => ({
    ...operation,
    responses: mapValues(
      operation.responses,
      (response, status) => isReference(response) ? response : map(response, status, operation.operationId)
    )
  }))

const lists = new Set(["allOf", "anyOf", "oneOf", "prefixItems"])
const maps = new Set(["properties", "patternProperties", "$defs", "dependentSchemas"])
const single = new Set([
  "items",
  "additionalProperties",
  "contains",
  "not",
  "if",
  "then",
  "else",
  "propertyNames",
  "unevaluatedItems",
  "unevaluatedProperties"
])

/** Applies `map` to the schema and to those in it, the innermost first. Values such as `enum` or `default` are none. */
export const mapSchema = (schema: unknown, map: (schema: JsonSchema) => JsonSchema): unknown => {
  if (!Predicate.isObject(schema)) return schema // `true` and `false` are schemas too
  const inner = (value: unknown) => mapSchema(value, map)
  return map(mapValues(schema as JsonSchema, (value, key) => {
    if (lists.has(key) && Array.isArray(value)) return value.map(inner)
    if (maps.has(key) && Predicate.isObject(value)) return mapValues(value as JsonSchema, inner)
    return single.has(key) ? inner(value) : value
  }))
}

/** Applies `map` to every schema of the document. */
export const mapSchemas = (document: OpenApiDocument, map: (schema: JsonSchema) => JsonSchema): OpenApiDocument => {
  const toSchema = (schema: JsonSchema) => mapSchema(schema, map) as JsonSchema
  const toContent = (content: Content): Content =>
    mapValues(content, (media) => media.schema === undefined ? media : { ...media, schema: toSchema(media.schema) })
  const toResponse = (response: ResponseObject): ResponseObject =>
    response.content === undefined ? response : { ...response, content: toContent(response.content) }
  const { responses = {}, schemas } = document.components
  return {
    ...mapResponses(
      mapOperations(document, (operation) => ({
        ...operation,
        ...(operation.parameters === undefined
          ? {}
          : {
            parameters: operation.parameters.map((parameter) => ({ ...parameter, schema: toSchema(parameter.schema) }))
          }),
        ...(operation.requestBody === undefined
          ? {}
          : { requestBody: { ...operation.requestBody, content: toContent(operation.requestBody.content) } })
      })),
      toResponse
    ),
    components: {
      ...document.components,
      schemas: mapValues(schemas, toSchema),
      ...(document.components["responses"] === undefined
        ? {}
        : { responses: mapValues(responses, (response) => toResponse(response as ResponseObject)) })
    }
  }
}
