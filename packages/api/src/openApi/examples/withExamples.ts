/**
 * Adds the examples: to parameters, bodies and responses.
 */
import { problemMediaType } from "../../Problem.ts"
import {
  type Content,
  type Examples,
  isReference,
  mapOperations,
  mapValues,
  type OpenApiDocument,
  type OperationObject,
  type ResponseObject
} from "../OpenApiDocument.ts"
import { operationExamples } from "./operations.ts"
import { problemsOf } from "./problems.ts"

export const withExamples = (document: OpenApiDocument): OpenApiDocument => mapOperations(document, withItsExamples)

const withItsExamples = (operation: OperationObject): OperationObject => {
  const { parameters = {}, requests = {}, responses = {} } = operationExamples[operation.operationId] ?? {}
  const { requestBody } = operation
  return {
    ...operation,
    ...(operation.parameters === undefined ? {} : {
      parameters: operation.parameters.map((parameter) =>
        parameters[parameter.name] === undefined ? parameter : { ...parameter, example: parameters[parameter.name] }
      )
    }),
    ...(requestBody === undefined
      ? {}
      : { requestBody: { ...requestBody, content: addTo(requestBody.content, requests) } }),
    responses: mapValues(
      operation.responses,
      (response, status) =>
        isReference(response) || response.content === undefined ? response : withProblems(
          { ...response, content: addTo(response.content, responses[status] ?? {}) },
          problemsOf(operation.operationId, status)
        )
    )
  }
}

const addTo = (content: Content, examples: Readonly<Record<string, Examples>>): Content =>
  mapValues(
    content,
    (media, mediaType) => examples[mediaType] === undefined ? media : { ...media, examples: examples[mediaType] }
  )

const withProblems = (response: ResponseObject, problems: ReturnType<typeof problemsOf>): ResponseObject => ({
  ...response,
  content: addTo(response.content ?? {}, { [problemMediaType]: mapValues(problems, (value) => ({ value })) })
})
