/**
 * Requests that the examples of the document make, and what compares replies with its examples.
 */
import { responseOf, routes } from "./document.ts"
import type { Asked, Reply } from "./exchange.ts"
import { bearer } from "./world.ts"

const encoded = (text: string): string => encodeURIComponent(text)

/** The request of an example: a body by media type and name, or none; with the parameters of the document, if `parameters`. */
export const requestOf = (
  id: string,
  { body, parameters = body === undefined }: {
    readonly body?: readonly [mediaType: string, name: string]
    readonly parameters?: boolean
  } = {}
): Asked => {
  const { method, operation, path } = routes.get(id)!
  const all = operation.parameters ?? []
  const written = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const example = all.find((parameter) => parameter.name === name)?.example
    return encoded(example ?? "")
  })
  const query = all.filter((parameter) => parameters && parameter.in === "query")
    .map(({ example, name }) => `${name}=${encoded(example ?? "")}`)
    .join("&")
  const value = body === undefined ? undefined : operation.requestBody?.content[body[0]]?.examples?.[body[1]]?.value
  return {
    method,
    path: query === "" ? written : `${written}?${query}`,
    headers: {
      ...(operation.security.length === 0 ? {} : bearer("admin")),
      ...(body === undefined ? {} : { "content-type": body[0] })
    },
    ...(body === undefined ? {} : { body: typeof value === "string" ? value : JSON.stringify(value) })
  }
}

/** A request that the operation answers with success: with its first JSON body, or its parameters. */
export const anyRequestOf = (id: string): Asked => {
  const examples = routes.get(id)!.operation.requestBody?.content["application/json"]?.examples
  const name = Object.keys(examples ?? {})[0]
  return requestOf(id, name === undefined ? {} : { body: ["application/json", name] })
}

/** Members whose values differ from one time to the next. */
const volatile = new Set([
  "address",
  "cache",
  "endedAt",
  "expiresAt",
  "fetchedAt",
  "graceUntil",
  "instance",
  "refreshAfter",
  "retryAfterMs",
  "revalidateAt",
  "startedAt",
  "tlsLeafSha256",
  "ttl",
  "validUntil",
  "version"
])

const decision = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/

/** With the kind of each such value in its place; the id of a question is the caller's. */
export const timeless = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (key, member) =>
      volatile.has(key) || (key === "id" && decision.test(String(member))) ? typeof member : member)
  )

export const exampleOf = (id: string, status: number, mediaType: string, name: string): unknown =>
  responseOf(id, status)?.content?.[mediaType]?.examples?.[name]?.value

export const bodyOf = ({ body, headers }: Reply): unknown =>
  headers["content-type"]?.includes("json") === true ? JSON.parse(body) : body
