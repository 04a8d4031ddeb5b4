/**
 * Runs a watch in the background until the response is sent or aborted. Its fiber refers to the context of the request,
 * and so to the body: it must not outlive the reservation of the body.
 */
import { Effect } from "effect"
import type { ServerResponse } from "node:http"

export const watchAnswer = (response: ServerResponse, watch: Effect.Effect<void>): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (response.destroyed || response.writableFinished) return Effect.void
    return Effect.map(Effect.forkDetach(watch), (fiber) => void response.once("close", () => fiber.interruptUnsafe()))
  })
