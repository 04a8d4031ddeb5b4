/**
 * Responses that several operations have, once: a third of the document is shorter, and generators see that they are the same.
 */
import { isReference, mapOperations, mapValues, type OpenApiDocument, type ResponseObject } from "./OpenApiDocument.ts"

/**
 * Moves every problem response that at least two operations have to `components`. Its name is the phrase of its
 * status, with a number from the second one of a status on.
 */
export const withSharedResponses = (document: OpenApiDocument): OpenApiDocument => {
  const names = namesOf(document)
  if (names.size === 0) return document
  return {
    ...mapOperations(document, (operation) => ({
      ...operation,
      responses: mapValues(operation.responses, (response) => {
        const name = names.get(JSON.stringify(response))?.name
        return name === undefined ? response : { $ref: `#/components/responses/${name}` }
      })
    })),
    components: {
      ...document.components,
      responses: Object.fromEntries([...names.values()].map(({ name, response }) => [name, response]))
    }
  }
}

/** Of RFC 9110 and RFC 6585. */
const phrases: Readonly<Record<string, string>> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  408: "RequestTimeout",
  413: "ContentTooLarge",
  415: "UnsupportedMediaType",
  417: "ExpectationFailed",
  429: "TooManyRequests",
  431: "RequestHeaderFieldsTooLarge",
  500: "InternalServerError",
  503: "ServiceUnavailable"
}

interface Shared {
  readonly name: string
  readonly response: ResponseObject
}

/** By the response as text. */
const namesOf = ({ paths }: OpenApiDocument): ReadonlyMap<string, Shared> => {
  const counts = new Map<string, { readonly status: string; readonly response: ResponseObject; count: number }>()
  for (const { responses } of Object.values(paths).flatMap((item) => Object.values(item))) {
    for (const [status, response] of Object.entries(responses)) {
      if (isReference(response) || Number(status) < 400) continue
      const text = JSON.stringify(response)
      const known = counts.get(text) ?? { status, response, count: 0 }
      known.count += 1
      counts.set(text, known)
    }
  }
  const named = new Map<string, Shared>()
  const taken = new Map<string, number>()
  for (const [text, { count, response, status }] of counts) {
    if (count < 2) continue
    const number = (taken.get(status) ?? 0) + 1
    taken.set(status, number)
    named.set(text, { name: `${phrases[status] ?? status}${number === 1 ? "" : number}`, response })
  }
  return named
}
