/**
 * Problems that may answer a request to any path, whatever its operation declares: the message is no valid HTTP, comes too
 * slowly or with too many others on its connection, or meets a fault of the service.
 */
import { messageStatuses, problemMediaType, problems } from "../Problem.ts"
import {
  type JsonSchema,
  mapOperations,
  mapResponses,
  mapValues,
  type OpenApiDocument,
  type ResponseObject
} from "./OpenApiDocument.ts"

const meanings: Readonly<Record<400 | typeof messageStatuses[number], string>> = {
  400: "`InvalidRequest`: The request is not valid HTTP.",
  408: "`InvalidRequest`: The request did not arrive in time.",
  417: "`InvalidRequest`: The request expects what is not supported.",
  431: "`InvalidRequest`: The header of the request is too large."
}

const messageProblemName = "MessageProblem"

/** Adds them to every operation. */
export const withAnyRequestProblems = (document: OpenApiDocument): OpenApiDocument => {
  const { schemas } = document.components
  const responses = {
    ...mapValues(meanings, (description) => toResponse(messageProblemName, description)),
    "500": toResponse("InternalErrorProblem", `\`InternalError\`: ${problems.InternalError.title}.`),
    "503": toResponse("OverloadedProblem", `\`Overloaded\`: ${problems.Overloaded.title}.`)
  }
  const widened = mapOperations(document, (operation) => ({
    ...operation,
    responses: { ...responses, ...operation.responses }
  }))
  return {
    ...mapResponses(
      widened,
      (response, status) => status === "503" ? withOverload(response, responses["503"]) : response
    ),
    components: {
      ...document.components,
      schemas: {
        ...schemas,
        [messageProblemName]: toMessageProblem(schemas["BadRequestProblem"] ?? {})
      }
    }
  }
}

const toResponse = (schema: string, description: string): ResponseObject => ({
  description,
  content: { [problemMediaType]: { schema: { $ref: `#/components/schemas/${schema}` } } }
})

/** `GET /health/ready` answers 503 in a way of its own. */
const withOverload = (response: ResponseObject, overload: ResponseObject): ResponseObject =>
  response.content?.[problemMediaType] === undefined
    ? {
      ...response,
      description: `${response.description}, or ${overload.description}`,
      content: { ...response.content, ...overload.content }
    }
    : response

/** As {@link problemErrors} are, with the statuses that say more than 400. */
const toMessageProblem = (badRequest: JsonSchema): JsonSchema => ({
  ...badRequest,
  properties: {
    ...badRequest["properties"] as JsonSchema,
    type: { type: "string", enum: ["urn:posh:problem:InvalidRequest"] },
    status: { type: "integer", enum: [400, ...messageStatuses] },
    code: { type: "string", enum: ["InvalidRequest"] }
  },
  title: "Message problem",
  description: "The HTTP of the request is not valid or not supported."
})
