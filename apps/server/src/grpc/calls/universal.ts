/**
 * A call as the library takes requests.
 */
import { Code, ConnectError, createContextValues } from "@connectrpc/connect"
import type { UniversalServerRequest } from "@connectrpc/connect/protocol"
import { Option } from "effect"
import type { ServerHttp2Stream } from "node:http2"
import type { Bodies } from "../../service/limits/Bodies.ts"
import type { Inspect } from "../messages/inspect.ts"
import { watchBody, watchMessages } from "./body.ts"
import { type Call, withCall } from "./Call.ts"
import { isBare } from "./inspectOf.ts"
import { messageLimitOf } from "./limits.ts"
import type { ReadBody } from "./readShort.ts"
import { refuse } from "./refuse.ts"
import { boundTimeouts } from "./timeouts.ts"

export interface BodyParts {
  readonly bodies: Bodies
  /** Of its messages. */
  readonly inspect: Inspect
  /** What has been read of its body. */
  readonly read?: ReadBody | undefined
}

/** None if a header has octets that no header may have. */
export const toUniversal = (
  call: Call,
  { bodies, inspect, read }: BodyParts
): Option.Option<UniversalServerRequest> =>
  Option.map(toHeaders(call), (header) => ({
    httpVersion: "2.0",
    method: call.headers[":method"] ?? "",
    url: `${call.headers[":scheme"] ?? "http"}://${call.authority}${call.headers[":path"] ?? ""}`,
    header,
    body: watchedBody(call, { bodies, inspect, read }),
    signal: signalOf(call),
    contextValues: withCall(createContextValues(), call)
  }))

const toHeaders = Option.liftThrowable(({ headers }: Call): Headers => {
  const header = new Headers()
  for (const name of Object.keys(headers)) {
    const value = headers[name]
    if (value === undefined || name.startsWith(":")) continue
    header.set(name, typeof value === "string" ? value : value.join(", "))
  }
  boundTimeouts(header)
  return header
})

/** Aborted when the stream closes. */
const signalOf = ({ stream }: Call): AbortSignal => {
  const controller = new AbortController()
  stream.once("close", () => {
    if (stream.rstCode === 0 && stream.writableFinished) controller.abort()
    else controller.abort(new ConnectError("The caller has gone.", Code.Canceled))
  })
  return controller.signal
}

const octetsOf = (stream: ServerHttp2Stream, read: ReadBody | undefined): AsyncIterator<Uint8Array> => {
  if (read === undefined) return stream.iterator({ destroyOnReturn: false })
  const end = { done: true, value: undefined } as const
  const rest: AsyncIterator<Uint8Array> | undefined = read.isWhole
    ? undefined
    : stream.iterator({ destroyOnReturn: false })
  let first: Uint8Array | undefined = read.octets.length === 0 ? undefined : read.octets
  return {
    next: () => {
      const value = first
      first = undefined
      return value === undefined ? rest?.next() ?? Promise.resolve(end) : Promise.resolve({ value })
    },
    return: () => rest?.return?.() ?? Promise.resolve(end)
  }
}

/** The octets of the request, as long as they are to be read. */
const watchedBody = (call: Call, { bodies, inspect, read }: BodyParts): AsyncIterable<Uint8Array> => ({
  [Symbol.asyncIterator]: () => {
    const { caller: { account }, headers, isOpenEnded, method, stream, transfer } = call
    const options = { account, limit: messageLimitOf(method), isStream: isOpenEnded, inspect }
    const { "content-encoding": coding = "identity" } = headers
    const watch = isBare(headers["content-type"])
      ? watchBody(bodies, { ...options, isCompressed: coding !== "identity" })
      : watchMessages(bodies, options)
    transfer.isArriving = watch.isArriving
    stream.once("close", watch.end)
    const octets = octetsOf(stream, read)
    const end = { done: true, value: undefined } as const
    const leave = () => {
      call.isReceived = true
      return (octets.return?.() ?? Promise.resolve(end)).then(() => end)
    }
    return {
      next: () => {
        watch.more()
        transfer.isAwaited = true
        return octets.next().then((read) => {
          transfer.isAwaited = false
          if (read.done === true) call.isReceived = true
          else transfer.received += read.value.length
          const fault = read.done === true ? watch.finish() : watch.take(read.value)
          if (fault === undefined) return read
          const refused = () => Promise.reject<typeof read>(refuse(call, fault))
          return leave().then(refused, refused)
        })
      },
      return: leave
    }
  }
})
