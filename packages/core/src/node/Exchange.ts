/**
 * One GET and its response over a connection of its own.
 */
import { Effect, Result } from "effect"
import type { Socket } from "node:net"
import { Client } from "undici"
import type { FetchRequest } from "../fetch/Fetcher.ts"
import { EgressError } from "./EgressError.ts"
import { skipContinue } from "./interim.ts"
import { type ExchangeResponse, overheadError, type Progress, receive } from "./Reception.ts"
import { slicedSleep } from "./slicedSleep.ts"
import { closedError } from "./tlsError.ts"

/**
 * Sends the request and reads the response up to its limits. The connection cannot be reused: the response may not have
 * been read to its end.
 */
export const exchange = (
  connection: Socket,
  request: FetchRequest,
  userAgent: string,
  scheme: "http" | "https"
): Effect.Effect<ExchangeResponse, EgressError> =>
  Effect.suspend(() => {
    const { limits, target } = request
    const progress: Progress = { started: false, headerOctets: 0, bodyOctets: 0, firstOctets: new Uint8Array() }
    const answer = Effect.callback<ExchangeResponse, EgressError>((resume) => {
      connection.once("error", (error) => {
        progress.firstError = error
      })
      skipContinue(connection, limits.headerOctets, (octets) => {
        progress.firstOctets = octets.subarray(0, limits.headerOctets)
      })
      const settle = (result: Result.Result<ExchangeResponse, EgressError>) => resume(Effect.fromResult(result))
      makeClient(connection, request, scheme).dispatch(
        { method: "GET", path: target.path, headers: requestHeaders(request, userAgent) },
        {
          ...receive(request, progress, settle),
          // undici listens by now, so the octets that are counted here have been parsed there.
          onRequestStart: () =>
            void connection.on("readable", () => {
              const error = overheadError(connection.bytesRead, request, progress)
              if (error !== undefined) settle(Result.fail(error))
            })
        }
      )
    })
    const firstByteTimeout = slicedSleep(limits.firstByteMs).pipe(
      Effect.andThen(Effect.suspend(() => progress.started ? Effect.never : Effect.fail(noFirstByte(request))))
    )
    return Effect.raceFirst(answer, firstByteTimeout).pipe(Effect.ensuring(Effect.sync(() => progress.body?.close())))
  })

// POSH-RES-40: undici adds `Host` and `Connection: close`; no other field is sent.
const requestHeaders = ({ accept }: FetchRequest, userAgent: string) => ({
  "Accept": accept,
  "User-Agent": userAgent,
  "Accept-Encoding": "identity" // POSH-RES-47
})

const makeClient = (connection: Socket, { limits, target }: FetchRequest, scheme: "http" | "https") =>
  new Client(`${scheme}://${target.host}:${target.port}`, {
    allowH2: false,
    pipelining: 0, // and no keep-alive
    maxHeaderSize: limits.headerOctets,
    headersTimeout: 0, // the time-outs of this module apply
    bodyTimeout: 0,
    // In a microtask: undici misses a synchronous callback.
    connect: (_options, callback) =>
      queueMicrotask(() =>
        connection.destroyed ? callback(connection.errored ?? closedError, null) : callback(null, connection)
      )
  })

const noFirstByte = ({ limits }: FetchRequest) =>
  new EgressError({ code: "ResponseTimeout", detail: `no answer within ${limits.firstByteMs} ms` })
