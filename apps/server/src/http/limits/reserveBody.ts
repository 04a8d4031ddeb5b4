/**
 * Reserves memory for a body before it is read. The reservation lasts until the response ends, because questions,
 * decisions and results refer to the body.
 */
import { batchLimits, type Problem } from "@posh/api"
import { Effect } from "effect"
import type { IncomingMessage } from "node:http"
import type { Bodies } from "../../service/limits/Bodies.ts"
import { callerBounds } from "../../service/limits/bounds.ts"
import { overloaded, tooLarge } from "../../service/limits/refusals.ts"
import type { Exchange } from "../Exchange.ts"
import { watchAnswer } from "./watchAnswer.ts"

/**
 * Fails if the body is too long or memory is short. `limit`: maximum length in octets. `more`: octets to reserve beside
 * the body, for what it decodes to and for a long response.
 */
export const reserveBody = (
  bodies: Bodies,
  { caller: { account }, request, response }: Exchange,
  limit: number,
  more = 0
): Effect.Effect<void, Problem> =>
  Effect.suspend(() => {
    const octets = announcedOctets(request) ?? limit
    if (octets > limit) return Effect.fail(tooLarge(limit))
    if (octets <= callerBounds.smallBody && more === 0) return Effect.void
    const release = response.destroyed ? undefined : bodies.reserve(account, octets + more)
    if (release === undefined) return Effect.fail(overloaded("As many large bodies as may be are being read."))
    response.once("close", release)
    return octets > callerBounds.smallBody ? watchAnswer(response, closeSlowSender(request)) : Effect.void
  })

/** The announced length of the body; `undefined` for a chunked one. */
const announcedOctets = ({ headers }: IncomingMessage): number | undefined =>
  headers["transfer-encoding"] === undefined ? Number(headers["content-length"] ?? 0) : undefined

/** Estimates the questions in a batch by its length, so that a batch without places is refused before it is read. */
export const estimateQuestions = (request: IncomingMessage): number =>
  Math.min(batchLimits.requests, Math.ceil((announcedOctets(request) ?? 0) / callerBounds.usualQuestion))

/** Closes the connection if the body arrives too slowly; measured every few seconds. */
const closeSlowSender = (request: IncomingMessage): Effect.Effect<void> => {
  const { socket } = request
  const poll = (before: number): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (request.complete || socket.destroyed) return Effect.void
      const received = socket.bytesRead
      if (received - before >= callerBounds.bodyProgress * progressSeconds) return watch(received)
      return Effect.sync(() => void socket.destroy())
    })
  const watch = (before: number): Effect.Effect<void> => Effect.delay(poll(before), progressSeconds * 1_000)
  return Effect.suspend(() => watch(socket.bytesRead))
}

const progressSeconds = 5
