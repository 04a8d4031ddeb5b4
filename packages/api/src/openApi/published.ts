/**
 * The OpenAPI document as it is published: what the schemas of Effect say, and what only the document says, in passes.
 */
import { withCertificateBody } from "../certificateBody.ts"
import { withoutRejected } from "../documented.ts"
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

/** `document`: as Effect makes it of the Api. */
export const published = (document: Record<string, unknown>): Record<string, unknown> => {
  const declared = withoutRejected(
    withCertificateBody(document) as Record<string, unknown>
  ) as unknown as OpenApiDocument
  return { ...passes.reduce((made, pass) => pass(made), declared) }
}
