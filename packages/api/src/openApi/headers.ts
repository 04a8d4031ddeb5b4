/**
 * The headers of responses, apart from those of HTTP itself (length, coding, date, connection).
 */
import { mapResponses, type OpenApiDocument, type ResponseObject } from "./OpenApiDocument.ts"

interface DocumentedHeader {
  readonly description: string
  readonly example: string
  /** Where it occurs; `always`: it is in each such response. */
  readonly on: (status: string, operationId: string) => "always" | "sometimes" | "never"
}

const only = (statuses: ReadonlyArray<string>, when: "always" | "sometimes"): DocumentedHeader["on"] => (status) =>
  statuses.includes(status) ? when : "never"

/** Every header, by name. */
export const documentedHeaders: Readonly<Record<string, DocumentedHeader>> = {
  "X-Request-Id": {
    description:
      "The request's own `X-Request-Id` if it is well-formed (1 to 128 letters, digits or `._~:@/+=-`), else a new one.",
    example: "9f0c3a52-6f57-4e0b-9d6e-6a2f1c0e8b11",
    on: () => "always"
  },
  "Cache-Control": {
    description: "Caches of HTTP never store an answer: `ttl` says for how long a caller may keep it.",
    example: "no-store",
    on: () => "always"
  },
  "X-Content-Type-Options": {
    description: "Browsers must not guess the type.",
    example: "nosniff",
    on: () => "always"
  },
  "Retry-After": {
    description: "Seconds after which to retry: `retryAfterMs` of the problem, rounded up.",
    example: "1",
    on: only(["429", "503"], "sometimes")
  },
  "WWW-Authenticate": {
    description: "RFC 6750 §3: what kind of key is needed, and what is wrong with the one that was sent.",
    example: "Bearer realm=\"posh\"",
    on: (status) => status === "401" ? "always" : status === "403" ? "sometimes" : "never"
  },
  "Vary": {
    description: "The metrics are compressed for who accepts that.",
    example: "Accept-Encoding",
    on: (status, operationId) => operationId === "health.metrics" && status === "200" ? "always" : "never"
  }
}

/** Adds the headers, once as components and by reference in each response. */
export const withHeaders = (document: OpenApiDocument): OpenApiDocument => ({
  ...mapResponses(document, (response, status, operationId) => ({
    ...response,
    headers: headersOf(status, operationId)
  })),
  components: {
    ...document.components,
    headers: Object.fromEntries(
      Object.entries(documentedHeaders).flatMap(([name, { description, example }]) =>
        [true, false].filter((required) => isUsed(document, name, required)).map((required) => [
          keyOf(name, required),
          { description, ...(required ? { required } : {}), schema: { type: "string" }, example }
        ])
      )
    )
  }
})

const headersOf = (status: string, operationId: string): NonNullable<ResponseObject["headers"]> =>
  Object.fromEntries(
    Object.entries(documentedHeaders).flatMap(([name, { on }]) => {
      const when = on(status, operationId)
      return when === "never" ? [] : [[name, { $ref: `#/components/headers/${keyOf(name, when === "always")}` }]]
    })
  )

/** A header that some responses have always and others sometimes is two components. */
const keyOf = (name: string, required: boolean): string => required ? name : `${name}.optional`

const isUsed = ({ paths }: OpenApiDocument, name: string, required: boolean): boolean =>
  Object.values(paths).some((item) =>
    Object.values(item).some(({ operationId, responses }) =>
      Object.keys(responses).some((status) =>
        documentedHeaders[name]?.on(status, operationId) === (required ? "always" : "sometimes")
      )
    )
  )
