/**
 * Requests about documents → what the JSON body of HTTP decodes to.
 */
import { type Problem } from "@posh/api"
import type { GenerateDocumentRequest, LintDocumentRequest } from "@posh/api/grpc"
import { Record, Result } from "effect"
import { unknownFieldProblem } from "./unknownFields.ts"

type Input = Readonly<Record<string, unknown>>

export const toLintInput = (request: LintDocumentRequest): Result.Result<Input, Problem> => {
  const { certificate, document, domain, generation, service } = request
  const fault = unknownFieldProblem(request)
  return fault === undefined
    ? Result.succeed(given({ document, generation, domain, service, certificate }))
    : Result.fail(fault)
}

export const toGenerateInput = (request: GenerateDocumentRequest): Result.Result<Input, Problem> => {
  const { certificates, expires, generation, service, url } = request
  const fault = unknownFieldProblem(request)
  if (fault !== undefined) return Result.fail(fault)
  return Result.succeed(given({
    certificates: certificates.length === 0 ? undefined : certificates,
    generation,
    url,
    expires: expires === undefined ? undefined : Number(expires),
    service
  }))
}

const given = (members: Input): Input => Record.filter(members, (value) => value !== undefined)
