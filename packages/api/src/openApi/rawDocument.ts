/**
 * The answer of `POST /v1/documents/generate` with `Accept: application/octet-stream`: the document itself. The typed client
 * takes JSON, so the endpoint declares that alone.
 *
 * NOT DESCRIBED: `?raw`, which answers with the document in the media type to publish it with, so that the same type would
 * have two bodies. The text of the operation says it.
 */
import { mapResponses, type OpenApiDocument } from "./OpenApiDocument.ts"

export const rawMediaType = "application/octet-stream"

export const withRawDocument = (document: OpenApiDocument): OpenApiDocument =>
  mapResponses(
    document,
    (response, status, operationId) =>
      operationId !== "documents.generateDocument" || status !== "200" ? response : {
        ...response,
        content: { ...response.content, [rawMediaType]: { schema: { type: "string" } } }
      }
  )
