/**
 * Problems as statuses of gRPC, with what a program needs of them as details.
 */
import { Code, ConnectError } from "@connectrpc/connect"
import { type Problem, type ProblemCode, problemInstance } from "@posh/api"
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "@posh/api/grpc"
import { toField } from "./messages/fields.ts"
import { toInt64 } from "./messages/values.ts"

/** Every problem has one: a verdict is none. */
export const statusCodes: Readonly<Record<ProblemCode, Code>> = {
  InvalidRequest: Code.InvalidArgument,
  InvalidSourceDomain: Code.InvalidArgument,
  UnsupportedService: Code.InvalidArgument,
  MalformedPresentedCertificate: Code.InvalidArgument,
  Unauthorized: Code.Unauthenticated,
  Forbidden: Code.PermissionDenied,
  NotFound: Code.Unimplemented,
  MethodNotAllowed: Code.Unimplemented,
  PayloadTooLarge: Code.ResourceExhausted,
  UnsupportedRequestMediaType: Code.InvalidArgument,
  TooManyRequests: Code.ResourceExhausted,
  InternalError: Code.Internal,
  Overloaded: Code.Unavailable
}

/** `toName`: of a field at fault. */
export const toStatus = (
  { code, detail, field, retryAfterMs }: Problem,
  requestId: string,
  toName: (field: string) => string = toField
): ConnectError =>
  new ConnectError(detail, statusCodes[code], undefined, [
    {
      desc: ErrorInfoSchema,
      value: { reason: code, domain: "posh", metadata: { instance: problemInstance(requestId) } }
    },
    ...(field === undefined ? [] : [{
      desc: BadRequestSchema,
      value: { fieldViolations: [{ field: toName(field), description: detail }] }
    }]),
    ...(retryAfterMs === undefined ? [] : [{ desc: RetryInfoSchema, value: { retryDelay: toDuration(retryAfterMs) } }])
  ])

const toDuration = (milliseconds: number) => {
  const seconds = Math.floor(milliseconds / 1_000)
  return { seconds: toInt64(seconds), nanos: Math.round((milliseconds - seconds * 1_000) * 1_000_000) }
}
