/**
 * How the messages to a method are looked at before they are decoded, also when they come compressed.
 */
import type { DescMethod } from "@bufbuild/protobuf"
import { Code, ConnectError } from "@connectrpc/connect"
import { compressionGzip } from "@connectrpc/connect-node"
import type { Compression } from "@connectrpc/connect/protocol"
import { type Inspect, inspectJson, inspectProto, isSimple, tooManyParts } from "../messages/inspect.ts"
import { callLimits } from "./limits.ts"

/** How messages are written, by the content type of a call. */
export type Encoding = "proto" | "json"

/** As the library decides it. */
export const encodingOf = (contentType: string | undefined): Encoding =>
  /^application\/(?:connect\+?|grpc\+|grpc-web\+)?json(?:; ?charset=utf-?8)?$/i.test(contentType ?? "")
    ? "json"
    : "proto"

/** True if the body is one message, without flag and length. */
export const isBare = (contentType: string | undefined): boolean =>
  /^application\/(?:json(?:; ?charset=utf-?8)?|proto)$/i.test(contentType ?? "")

export const inspectOf = ({ input, name }: DescMethod, encoding: Encoding = "proto"): Inspect =>
  encoding === "json"
    ? inspectJson
    : inspectProto(input, name === "BatchVerify" ? callLimits.batchFields : callLimits.fields)

/** Gzip, whose result is looked at before it is decoded. */
export const gzipFor = (method: DescMethod, encoding: Encoding): Compression => {
  const inspect = inspectOf(method, encoding)
  return {
    ...compressionGzip,
    decompress: (octets, most) =>
      compressionGzip.decompress(octets, most).then((decoded) =>
        isSimple(inspect, decoded)
          ? decoded
          : Promise.reject<never>(new ConnectError(tooManyParts.detail, Code.InvalidArgument))
      )
  }
}
