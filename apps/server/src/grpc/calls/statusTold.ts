/**
 * Which status an answer tells, for the metrics: gRPC has it in trailers, gRPC-Web and streams of Connect in their last envelope, and
 * other calls of Connect as a status of HTTP.
 */
import { statusNames } from "../../methods.ts"

/** Returns the number of the status that an envelope of the answer tells. Each is given as a whole. */
export const statusInEnvelope = (contentType: string, envelope: Uint8Array): string | undefined => {
  const flags = envelope[0] ?? 0
  if (contentType.startsWith("application/grpc-web")) {
    return (flags & webTrailers) === 0 ? undefined : /grpc-status:[ \t]*(\d+)/i.exec(textIn(envelope))?.[1]
  }
  if (!contentType.startsWith("application/connect+") || (flags & endOfStream) === 0) return undefined
  const [, code] = /^\{"error":\{"code":"([a-z_]+)"/.exec(textIn(envelope)) ?? []
  const name = code === "canceled" ? "CANCELLED" : code?.toUpperCase()
  return name === undefined ? undefined : String(statusNames.findIndex((known) => known === name))
}

/** The number of the status that a status of HTTP stands for, where trailers and envelopes have none. */
export const statusOfHttp = (status: number): string | undefined => statuses[status]

const [webTrailers, endOfStream] = [0x80, 0x02]

/** Behind flags and length; as long as a status, its message not counted, can be. */
const textIn = (envelope: Uint8Array): string => new TextDecoder().decode(envelope.subarray(5, 5 + 1_024))

/** https://connectrpc.com/docs/protocol#error-codes; where several codes share one, the one that the service uses. */
const statuses: Readonly<Record<number, string>> = {
  400: "3",
  401: "16",
  403: "7",
  404: "5",
  409: "10",
  429: "8",
  499: "1",
  500: "13",
  501: "12",
  503: "14",
  504: "4"
}
