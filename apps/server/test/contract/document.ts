/**
 * The committed OpenAPI document as a judge: whether a response is one that it describes.
 */
import { Ajv2020 } from "ajv/dist/2020.js"
import { readFileSync } from "node:fs"
import type { Reply } from "./exchange.ts"

interface MediaType {
  readonly schema?: object
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>
}

interface Response {
  readonly $ref?: string
  readonly headers?: Readonly<Record<string, { readonly $ref: string }>>
  readonly content?: Readonly<Record<string, MediaType>>
}

export interface Operation {
  readonly operationId: string
  readonly security: ReadonlyArray<Readonly<Record<string, ReadonlyArray<"verify" | "admin">>>>
  readonly parameters?: ReadonlyArray<{ readonly name: string; readonly in: string; readonly example?: string }>
  readonly requestBody?: { readonly content: Readonly<Record<string, MediaType>> }
  readonly responses: Readonly<Record<string, Response>>
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: Readonly<Record<string, Readonly<Record<string, object>>>>
}

export const document: Document = JSON.parse(
  readFileSync(new URL("../../../../packages/api/openapi.json", import.meta.url), "utf8")
)

export interface Route {
  readonly method: string
  readonly path: string
  readonly operation: Operation
}

/** By the id of the operation. */
export const routes: ReadonlyMap<string, Route> = new Map(
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) =>
      [operation.operationId, { method: method.toUpperCase(), path, operation }] as const
    )
  )
)

const component = <A extends object>(reference: string): A => {
  const [kind = "", name = ""] = reference.split("/").slice(2)
  return document.components[kind]?.[name] as A
}

export const responseOf = (id: string, status: number): Response | undefined => {
  const response = routes.get(id)?.operation.responses[status]
  return response?.$ref === undefined ? response : component<Response>(response.$ref)
}

const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: true })
ajv.addFormat("date-time", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/)
ajv.addSchema(document, "openapi")

/** What is wrong with a value by a schema of the document; `pointer` leads to it. */
export const faultsBy = (pointer: ReadonlyArray<string>, value: unknown): ReadonlyArray<string> => {
  const path = pointer.map((key) => encodeURIComponent(key.replaceAll("~", "~0").replaceAll("/", "~1"))).join("/")
  const validate = ajv.getSchema(`openapi#/${path}`)
  if (validate === undefined) return [`there is no schema at ${path}`]
  return validate(value) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
}

/** Where the schema of a response is. */
const schemaPointer = (id: string, status: number, mediaType: string): ReadonlyArray<string> => {
  const { method, path } = routes.get(id)!
  const reference = routes.get(id)!.operation.responses[status]?.$ref
  const response = reference?.split("/").slice(1) ?? ["paths", path, method.toLowerCase(), "responses", String(status)]
  return [...response, "content", mediaType, "schema"]
}

/** Headers of HTTP itself; OpenAPI wants `Content-Type` left out of a list of headers. */
const framing = new Set([
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "date",
  "keep-alive",
  "transfer-encoding"
])

/**
 * What a response has that the operation does not describe, or lacks though it is described as certain. `isHead`: it has the
 * headers of the one to `GET`, and no body.
 */
export const undocumented = (id: string, { body, headers, status }: Reply, isHead = false): ReadonlyArray<string> => {
  const response = responseOf(id, status)
  if (response === undefined) return [`status ${status}`]
  const described = new Map(
    Object.entries(response.headers ?? {}).map(([name, { $ref }]) => [name.toLowerCase(), $ref])
  )
  const required = [...described].filter(([, reference]) => component<{ required?: true }>(reference).required === true)
  return [
    ...Object.keys(headers).filter((name) => !framing.has(name) && !described.has(name)).map((name) =>
      `header ${name}`
    ),
    ...required.filter(([name]) => headers[name] === undefined).map(([name]) => `no header ${name}`),
    ...contentFaults(id, response, { body, headers, status }, isHead)
  ]
}

const contentFaults = (
  id: string,
  { content }: Response,
  { body, headers, status }: Reply,
  isHead: boolean
): ReadonlyArray<string> => {
  const mediaType = headers["content-type"]
  if (content === undefined) return body === "" && mediaType === undefined ? [] : ["a body"]
  if (mediaType === undefined || content[mediaType] === undefined) return [`media type ${mediaType}`]
  if (isHead) return body === "" ? [] : ["a body"]
  const value: unknown = mediaType.includes("json") ? JSON.parse(body) : body
  return faultsBy(schemaPointer(id, status, mediaType), value)
}
