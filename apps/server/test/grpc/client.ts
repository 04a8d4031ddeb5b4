/**
 * A foreign client: that of gRPC itself (`@grpc/grpc-js`), which shares nothing with the library of the service but the messages.
 */
import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary
} from "@bufbuild/protobuf"
import { AnySchema, anyUnpack } from "@bufbuild/protobuf/wkt"
import {
  type CallOptions,
  type ChannelCredentials,
  Client,
  credentials,
  Metadata,
  type ServiceError,
  status
} from "@grpc/grpc-js"
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "@posh/api/grpc"
import { Effect } from "effect"

export interface Failure {
  /** The name of the status. */
  readonly status: string
  readonly message: string
  readonly reason: string | undefined
  readonly field: string | undefined
  readonly retryMs: number | undefined
  readonly metadata: Metadata
}

export interface GrpcClient {
  readonly client: Client
  readonly call: <I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    options?: CallOptions & { readonly headers?: Readonly<Record<string, string>> }
  ) => Effect.Effect<MessageShape<O>, Failure>
}

export const openClient = (url: string | undefined, secure?: ChannelCredentials) =>
  Effect.acquireRelease(
    Effect.sync((): GrpcClient => {
      const { host } = new URL(url ?? "")
      const client = new Client(host, secure ?? credentials.createInsecure())
      return {
        client,
        call: (method, request, { headers = {}, ...options } = {}) =>
          Effect.callback((resume) => {
            const call = client.makeUnaryRequest(
              pathOf(method),
              (message: MessageShape<typeof method.input>) => Buffer.from(toBinary(method.input, message)),
              (octets) => fromBinary(method.output, octets),
              create(method.input, request),
              toMetadata(headers),
              options,
              (error, answer) =>
                resume(
                  error === null && answer !== undefined ? Effect.succeed(answer) : Effect.fail(toFailure(error!))
                )
            )
            return Effect.sync(() => call.cancel())
          })
      }
    }),
    ({ client }) => Effect.sync(() => client.close())
  )

export const pathOf = ({ name, parent }: { readonly name: string; readonly parent: { readonly typeName: string } }) =>
  `/${parent.typeName}/${name}`

export const toMetadata = (headers: Readonly<Record<string, string>>): Metadata => {
  const metadata = new Metadata()
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value)
  return metadata
}

/** google.rpc.Status has its details as its third field; read here without its descriptor. */
export const toFailure = ({ code, details, metadata }: ServiceError): Failure => {
  const [octets] = metadata.get("grpc-status-details-bin")
  const { details: found, message: told } = octets === undefined ? none : readStatus(Buffer.from(octets as Buffer))
  const info = found.map((any) => anyUnpack(any, ErrorInfoSchema)).find((one) => one !== undefined)
  const request = found.map((any) => anyUnpack(any, BadRequestSchema)).find((one) => one !== undefined)
  const retry = found.map((any) => anyUnpack(any, RetryInfoSchema)).find((one) => one !== undefined)
  const delay = retry?.retryDelay
  return {
    status: status[code],
    message: told ?? details,
    reason: info?.reason,
    field: request?.fieldViolations[0]?.field,
    retryMs: delay === undefined ? undefined : Number(delay.seconds) * 1_000 + delay.nanos / 1_000_000,
    metadata
  }
}

const none = { details: [], message: undefined }

/** Field 1 is a varint, 2 and 3 have a length. The message also stands in `grpc-message`, where this client decodes no comma. */
const readStatus = (octets: Buffer) => {
  let message: string | undefined
  const details: Array<MessageShape<typeof AnySchema>> = []
  let at = 0
  const varint = () => {
    let value = 0
    for (let shift = 0;; shift += 7) {
      const octet = octets[at++] ?? 0
      value |= (octet & 0x7f) << shift
      if (octet < 0x80) return value
    }
  }
  while (at < octets.length) {
    const tag = varint()
    if ((tag & 7) === 0) varint()
    else {
      const length = varint()
      if (tag >> 3 === 3) details.push(fromBinary(AnySchema, octets.subarray(at, at + length)))
      if (tag >> 3 === 2) message = octets.toString("utf8", at, at + length)
      at += length
    }
  }
  return { details, message }
}
