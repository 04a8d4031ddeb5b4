/**
 * Runs a watch beside a request until its answer is out, or never will be. The fiber has the context of the request, and with
 * it the body: it must not outlive the answer, when the place of the body is given back.
 */
import { Effect } from "effect"
import type { ServerResponse } from "node:http"

export const watchAnswer = (response: ServerResponse, watch: Effect.Effect<void>): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (response.destroyed || response.writableFinished) return Effect.void
    return Effect.map(Effect.forkDetach(watch), (fiber) => void response.once("close", () => fiber.interruptUnsafe()))
  })
