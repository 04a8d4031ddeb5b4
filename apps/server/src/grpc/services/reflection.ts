/**
 * `grpc.reflection.v1.ServerReflection` and its `v1alpha`, which are equal: tells tools what there is to call.
 */
import { type DescFile, type DescService, toBinary } from "@bufbuild/protobuf"
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt"
import { Code } from "@connectrpc/connect"
import type { reflectionV1, reflectionV1Alpha } from "@posh/api/grpc"

/** Of both versions. */
type Request = reflectionV1.ServerReflectionRequest | reflectionV1Alpha.ServerReflectionRequest
type Answer =
  | { readonly case: "listServicesResponse"; readonly value: { readonly service: Array<{ readonly name: string }> } }
  | { readonly case: "fileDescriptorResponse"; readonly value: { readonly fileDescriptorProto: Array<Uint8Array> } }
  | {
    readonly case: "errorResponse"
    readonly value: { readonly errorCode: number; readonly errorMessage: string }
  }

/** Answers each request of a stream in turn. `services`: what there is to call. */
export const makeReflection = (services: ReadonlyArray<DescService>) => {
  const answerOf = answererOf(services)
  const toResponse = <R extends Request>(request: R) => ({
    validHost: request.host,
    originalRequest: request,
    messageResponse: answerOf(request)
  })
  return <R extends Request>(requests: AsyncIterable<R>): AsyncIterable<ReturnType<typeof toResponse<R>>> => ({
    [Symbol.asyncIterator]: () => {
      const asked = requests[Symbol.asyncIterator]()
      const end = { done: true, value: undefined } as const
      return {
        next: () => asked.next().then((read) => read.done === true ? end : { value: toResponse(read.value) }),
        return: () => (asked.return?.() ?? Promise.resolve(end)).then(() => end)
      }
    }
  })
}

const answererOf = (services: ReadonlyArray<DescService>) => {
  const files = withDependencies(services.map(({ file }) => file))
  const octetsOf = new Map([...files].map((file) => [file, toBinary(FileDescriptorProtoSchema, file.proto)] as const))
  // Made once: strangers ask for them, and to make them takes 0.4 ms.
  const answers = new Map([...files].map((file) => [file, toFiles([...withDependencies([file])], octetsOf)] as const))
  const byName: ReadonlyMap<string, Answer | undefined> = new Map(
    [...files].map((file) => [`${file.name}.proto`, answers.get(file)] as const)
  )
  const bySymbol = new Map(
    [...files].flatMap((file) => symbolsOf(file).map((name) => [name, answers.get(file)] as const))
  )
  const names = services.map(({ typeName }) => ({ name: typeName })).toSorted((left, right) =>
    left.name < right.name ? -1 : 1
  )
  return ({ messageRequest }: Request): Answer => {
    switch (messageRequest.case) {
      case "listServices":
        return {
          case: "listServicesResponse",
          value: { service: names }
        }
      case "fileByFilename":
        return byName.get(messageRequest.value) ?? toMissing(messageRequest.value)
      case "fileContainingSymbol":
        return bySymbol.get(messageRequest.value) ?? toMissing(messageRequest.value)
      case "allExtensionNumbersOfType":
      case "fileContainingExtension":
        return toError(Code.NotFound, "there are no extensions")
      default:
        return toError(Code.InvalidArgument, "nothing is asked")
    }
  }
}

/** A file with all that it imports, itself first. */
const toFiles = (files: ReadonlyArray<DescFile>, octetsOf: ReadonlyMap<DescFile, Uint8Array>): Answer => ({
  case: "fileDescriptorResponse",
  value: { fileDescriptorProto: files.flatMap((file) => octetsOf.get(file) ?? []) }
})

const toMissing = (asked: string): Answer => toError(Code.NotFound, `not found: ${asked.slice(0, longestName)}`)

/** Characters of a request that an error repeats. */
const longestName = 200

const toError = (errorCode: Code, errorMessage: string): Answer => ({
  case: "errorResponse",
  value: { errorCode, errorMessage }
})

/** In the order in which they are met. */
const withDependencies = (files: ReadonlyArray<DescFile>): ReadonlySet<DescFile> => {
  const met = new Set(files)
  for (const file of met) for (const dependency of file.dependencies) met.add(dependency) // a set yields what is added meanwhile
  return met
}

/** Full names of services, their methods, messages, fields and enums. */
const symbolsOf = (file: DescFile): ReadonlyArray<string> => [
  ...file.services.flatMap(({ methods, typeName }) => [typeName, ...methods.map(({ name }) => `${typeName}.${name}`)]),
  ...messagesOf(file.messages),
  ...file.enums.map(({ typeName }) => typeName)
]

const messagesOf = (messages: DescFile["messages"]): ReadonlyArray<string> =>
  messages.flatMap(({ fields, nestedEnums, nestedMessages, typeName }) => [
    typeName,
    ...fields.map(({ name }) => `${typeName}.${name}`),
    ...nestedEnums.map((inner) => inner.typeName),
    ...messagesOf(nestedMessages)
  ])
