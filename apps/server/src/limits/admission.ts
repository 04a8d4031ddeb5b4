/**
 * Before the body of a request is read: may it come in? What operators ask (health, metrics) always may.
 */
import { batchLimits, bodyLimits, type Problem, problem } from "@posh/api"
import { Effect } from "effect"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { Caller } from "../Caller.ts"
import { callerBounds } from "./bounds.ts"
import { full, type Limits, overloaded } from "./Limits.ts"
import { makePipeline } from "./Pipeline.ts"

/** `undefined`: it may. `"ignore"`: it gets no answer, because its connection ends. */
export type Admission = Problem | "ignore" | undefined

export type Admit = (request: IncomingMessage, response: ServerResponse, caller: Caller) => Admission

/** `fork` runs what watches over bodies. */
export const makeAdmit = (
  { bodies, inFlight }: Limits["Service"],
  fork: (watch: Effect.Effect<void>) => void
): Admit => {
  const pipeline = makePipeline()

  const admitBody = (
    request: IncomingMessage,
    response: ServerResponse,
    octets: number,
    account: string
  ): Admission => {
    if (octets > bodyLimits.batch) return problem("PayloadTooLarge", `At most ${bodyLimits.batch} octets are read.`)
    const release = bodies.reserve(account, octets)
    if (release === undefined) return overloaded("As many large bodies as may be are being read.")
    response.once("close", release)
    fork(watchProgress(request))
    return undefined
  }

  return (request, response, { account }) => {
    const depth = pipeline(request, response)
    if (depth === "behind") return "ignore"
    if (depth === "over") {
      response.shouldKeepAlive = false
      return overloaded(`At most ${callerBounds.pipelined} requests of a connection wait for their answers.`)
    }
    if (request.rawHeaders.length > 2 * callerBounds.headerLines) {
      response.shouldKeepAlive = false
      return problem("InvalidRequest", `The header has more than ${callerBounds.headerLines} lines.`)
    }
    if (isOperators(request.url ?? "")) return undefined
    const octets = bodyOctets(request)
    if (!inFlight.fits(account, questionsIn(request, octets))) return full()
    return octets <= callerBounds.smallBody ? undefined : admitBody(request, response, octets, account)
  }
}

const isOperators = (url: string): boolean => url.startsWith("/health/") || url === "/metrics"

/** How long the body is, or may be where the request does not say. */
const bodyOctets = ({ headers, url = "" }: IncomingMessage): number => {
  if (headers["transfer-encoding"] === undefined) return Number(headers["content-length"] ?? 0)
  return isBatch(url) ? bodyLimits.batch : bodyLimits.single
}

/** At least about so many: a batch that will find no place need not be read. */
const questionsIn = ({ url = "" }: IncomingMessage, octets: number): number =>
  isBatch(url) ? Math.min(batchLimits.requests, Math.ceil(octets / callerBounds.usualQuestion)) : 1

const isBatch = (url: string): boolean => url.startsWith("/v1/verify/batch")

/** Ends the connection of a body that comes too slowly. The least rate holds over every few seconds. */
const watchProgress = (request: IncomingMessage): Effect.Effect<void> => {
  const { socket } = request
  const look = (before: number): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (request.complete || socket.destroyed) return Effect.void
      const received = socket.bytesRead
      if (received - before >= callerBounds.bodyProgress * progressSeconds) return watch(received)
      return Effect.sync(() => void socket.destroy())
    })
  const watch = (before: number): Effect.Effect<void> => Effect.delay(look(before), progressSeconds * 1_000)
  return Effect.suspend(() => watch(socket.bytesRead))
}

const progressSeconds = 5
