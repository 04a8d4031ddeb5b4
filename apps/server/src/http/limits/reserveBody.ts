/**
 * Before a body is read, by whoever is about to read it: is there room for as much of it as its reader takes? The place
 * is kept until the answer is out, because questions, decisions and results hold what was read.
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
 * Succeeds where the body may be read. `limit`: the most octets that the reader takes. `answer`: octets that the answer will
 * take, where it may be long.
 */
export const reserveBody = (
  bodies: Bodies,
  { caller: { account }, request, response }: Exchange,
  limit: number,
  answer = 0
): Effect.Effect<void, Problem> =>
  Effect.suspend(() => {
    const octets = announcedOctets(request) ?? limit
    if (octets > limit) return Effect.fail(tooLarge(limit))
    if (octets <= callerBounds.smallBody && answer === 0) return Effect.void
    const release = response.destroyed ? undefined : bodies.reserve(account, octets + answer)
    if (release === undefined) return Effect.fail(overloaded("As many large bodies as may be are being read."))
    response.once("close", release)
    return octets > callerBounds.smallBody ? watchAnswer(response, closeSlowSender(request)) : Effect.void
  })

/** How long the body is; `undefined` where the request does not say. */
const announcedOctets = ({ headers }: IncomingMessage): number | undefined =>
  headers["transfer-encoding"] === undefined ? Number(headers["content-length"] ?? 0) : undefined

/** At least about so many questions are in a batch: where they will find no place, it need not be read. */
export const estimateQuestions = (request: IncomingMessage): number =>
  Math.min(batchLimits.requests, Math.ceil((announcedOctets(request) ?? 0) / callerBounds.usualQuestion))

/** Ends the connection of a body that comes too slowly. The least rate holds over every few seconds. */
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
