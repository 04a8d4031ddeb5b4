/**
 * The OpenAPI document as it is published: what the schemas of Effect say, and what only the document says, in passes.
 */
import { OpenApi } from "effect/http-api"
import { Api } from "../Api.ts"
import { withAnyRequestProblems } from "./anyRequest.ts"
import { withExamples } from "./examples/withExamples.ts"
import { withHeaders } from "./headers.ts"
import { withIdentity } from "./identity.ts"
import { mapSchemas, type OpenApiDocument } from "./OpenApiDocument.ts"
import { withRawDocument } from "./rawDocument.ts"
import { withLowerCaseSchemes } from "./schemes.ts"
import { withSharedResponses } from "./sharedResponses.ts"
import { withoutSingleUnion } from "./singleUnions.ts"
import { withVerdictLine } from "./verdictLine.ts"

const passes: ReadonlyArray<(document: OpenApiDocument) => OpenApiDocument> = [
  (document) => mapSchemas(document, withoutSingleUnion),
  withIdentity,
  withLowerCaseSchemes,
  withVerdictLine,
  withRawDocument,
  withAnyRequestProblems,
  withExamples,
  withHeaders,
  withSharedResponses
]

/** Makes the document. Apart from the Api, so that a client is not bundled with it. */
export const makeOpenApi = (): OpenApi.OpenAPISpec =>
  passes.reduce(
    (made, pass) => pass(made),
    OpenApi.fromApi(Api) as unknown as OpenApiDocument
  ) as unknown as OpenApi.OpenAPISpec
