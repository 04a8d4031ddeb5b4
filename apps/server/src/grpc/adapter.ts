/**
 * Streams of HTTP/2 → the handlers of the library, for gRPC, gRPC-Web and Connect alike.
 */
import { Code, type ConnectRouter } from "@connectrpc/connect"
import type { UniversalHandler } from "@connectrpc/connect/protocol"
import { Option } from "effect"
import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2"
import { otherMethod } from "../methods.ts"
import type { Bodies } from "../service/limits/Bodies.ts"
import { Call } from "./calls/Call.ts"
import { type Encoding, encodingOf, inspectOf } from "./calls/inspectOf.ts"
import { type ReadBody, readShort } from "./calls/readShort.ts"
import { toUniversal } from "./calls/universal.ts"
import { writeAnswer } from "./calls/writeAnswer.ts"
import { answerHeaders, type FastLane } from "./fastLane.ts"

export type CallHandler = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void

export interface AdapterParts {
  readonly routers: Readonly<Record<Encoding, ConnectRouter>>
  readonly bodies: Bodies
  readonly fastLane: FastLane
  readonly begin: (call: Call) => void
  readonly end: (call: Call) => void
}

export const makeCallHandler = ({ begin, bodies, end, fastLane, routers }: AdapterParts): CallHandler => {
  const ways = { proto: waysOf(routers.proto, "proto"), json: waysOf(routers.json, "json") }
  return (stream, headers) => {
    const way = ways[encodingOf(headers["content-type"])].get(headers[":path"] ?? "")
    const handler = way?.handler
    const call = new Call(stream, headers, nameOf(handler), handler?.method.methodKind)
    stream.on("error", ignore) // its close says it, too
    stream.once("close", () => end(call))
    begin(call)
    if (way === undefined || handler === undefined) return respondUnimplemented(call)
    const passOn = (read?: ReadBody) => {
      const request = toUniversal(call, { bodies, inspect: way.inspect, read })
      if (Option.isNone(request)) return stream.close(protocolError)
      handler(request.value)
        .then((answer) => writeAnswer(answer, call, (status) => void (call.status = status)))
        .catch(() => stream.destroyed || stream.close(internalError)) // the caller has gone, or a defect of the library
    }
    if (!fastLane.takes(call)) return passOn()
    readShort(stream, (read) => {
      // A reset without an error ends the body, too: nobody reads an answer, and `respond` would throw.
      if (stream.closed) return void stream.resume()
      const answer = read.isWhole ? fastLane.answer(call, read.octets) : undefined
      if (answer === undefined) return passOn(read)
      call.isReceived = true
      call.status = "0"
      stream.respond(answerHeaders(call), { waitForTrailers: true })
      stream.once("wantTrailers", sendOk)
      stream.end(answer)
    })
  }
}

function sendOk(this: ServerHttp2Stream): void {
  this.sendTrailers({ "grpc-status": "0" })
}

/** RFC 9113 §7. */
const protocolError = 1
const internalError = 2

const waysOf = ({ handlers }: ConnectRouter, encoding: Encoding) =>
  new Map(
    handlers.map((handler) => [handler.requestPath, { handler, inspect: inspectOf(handler.method, encoding) }] as const)
  )

const nameOf = (handler: UniversalHandler | undefined): string =>
  handler === undefined ? otherMethod : `${handler.service.typeName}/${handler.method.name}`

/** A method that does not exist: in gRPC a status, else as on HTTP. */
const respondUnimplemented = (call: Call): void => {
  const { headers, stream } = call
  const type = headers["content-type"] ?? ""
  call.status = String(Code.Unimplemented)
  stream.respond(
    type.startsWith("application/grpc")
      ? { ":status": 200, "content-type": type, "grpc-status": call.status, "grpc-message": "there is no such method" }
      : { ":status": 404 },
    { endStream: true }
  )
  stream.resume()
}

const ignore = () => undefined
