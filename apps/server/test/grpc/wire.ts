/**
 * Calls of gRPC over HTTP/2 itself, for what no client library does.
 */
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf"
import { VerifyRequestSchema, VerifyStreamRequestSchema, VerifyStreamResponseSchema } from "@posh/api/grpc"
import { Effect } from "effect"
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type ClientSessionOptions,
  connect,
  type OutgoingHttpHeaders,
  type SecureClientSessionOptions
} from "node:http2"
import { Service } from "../service.ts"

type Options = ClientSessionOptions | SecureClientSessionOptions

/** A connection until the scope closes. */
export const sessionTo = (url: string, options: Options = {}) =>
  Effect.acquireRelease(
    Effect.sync(() => connect(url, options).on("error", () => {})),
    (session) => Effect.sync(() => session.destroy())
  )

/** To the service. */
export const openSession = (options: Options = {}) =>
  Effect.flatMap(Service, ({ grpcUrl = "" }) => sessionTo(grpcUrl, options))

export const headersOf = (path: string, headers: object = {}): OutgoingHttpHeaders => ({
  ":method": "POST",
  ":path": path,
  "content-type": "application/grpc",
  te: "trailers",
  ...headers
})

export const verifyPath = "/posh.v1.VerificationService/Verify"
export const batchPath = "/posh.v1.VerificationService/BatchVerify"
export const streamPath = "/posh.v1.VerificationService/VerifyStream"

/** A message behind its flag and length. */
export const enveloped = (message: Uint8Array, length = message.length, flag = 0): Buffer => {
  const prefix = Buffer.alloc(5)
  prefix[0] = flag
  prefix.writeUInt32BE(length, 1)
  return Buffer.concat([prefix, message])
}

export const question = (
  domain = "a.example",
  more: MessageInitShape<typeof VerifyRequestSchema>["question"] = {}
) => ({
  domain,
  service: "xmpp-server",
  presented: { case: "certificate", value: "MAA=" } as const,
  ...more
})

export const verifyBody = (domain?: string, more: object = {}): Buffer =>
  enveloped(toBinary(VerifyRequestSchema, create(VerifyRequestSchema, { question: question(domain, more) })))

export const streamBody = (id: string, domain?: string, more: object = {}): Buffer =>
  enveloped(
    toBinary(
      VerifyStreamRequestSchema,
      create(VerifyStreamRequestSchema, { request: { id, question: question(domain, more) } })
    )
  )

/** The number of the status, from trailers or from headers alone; or what else ended the stream. */
export const endOf = (stream: ClientHttp2Stream) =>
  Effect.callback<string>((resume) => {
    let status = "none"
    const note = (from: object) => status = (from as Record<string, string>)["grpc-status"] ?? status
    stream.on("response", (from) => {
      note(from)
      if (status === "none" && from[":status"] !== 200) status = `HTTP ${from[":status"]}`
    })
    stream.on("trailers", note).on("error", () => {}).resume()
    stream.on("close", () => resume(Effect.succeed(status === "none" ? `reset ${stream.rstCode}` : status)))
  })

/** The status of a call with this body. */
export const statusOf = (session: ClientHttp2Session, headers: OutgoingHttpHeaders, body: Uint8Array) =>
  Effect.suspend(() => {
    const stream = session.request(headers)
    stream.end(body)
    return endOf(stream)
  })

/** The results of a stream, as they come. */
export const resultsOf = (stream: ClientHttp2Stream) => {
  const results: Array<{ readonly id: string | undefined; readonly case: string | undefined }> = []
  let octets = Buffer.alloc(0)
  stream.on("error", () => {}).on("data", (chunk: Buffer) => {
    octets = Buffer.concat([octets, chunk])
    while (octets.length >= 5 && octets.length >= 5 + octets.readUInt32BE(1)) {
      const end = 5 + octets.readUInt32BE(1)
      const { result } = fromBinary(VerifyStreamResponseSchema, octets.subarray(5, end))
      results.push({ id: result?.id, case: result?.result.case })
      octets = octets.subarray(end)
    }
  })
  return results
}
