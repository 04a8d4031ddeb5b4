/**
 * `POST /v1/verify` past the router: the question that a fleet asks all the time, answered for a third of the cost.
 *
 * **Details**
 *
 * Takes only requests that are as usual (JSON of a known length, no coding); all others, and every other route, go
 * the ordinary way, which answers the same (`fastLane.test.ts` compares the two).
 */
import { bodyLimits, problemMediaType } from "@posh/api"
import { Verifier } from "@posh/core"
import { Cause, Effect, Exit, Layer } from "effect"
import type { IncomingMessage, ServerResponse } from "node:http"
import { answerQuestion } from "../answerQuestion.ts"
import { parseJson } from "./body.ts"
import { securityHeaders } from "./edge.ts"
import type { Listener } from "./Listener.ts"
import { internalProblem } from "./problems.ts"

/** Puts the lane in front of a listener's routes. */
export const layer = (listener: Listener) =>
  Layer.effectDiscard(Effect.gen(function*() {
    const { verify } = yield* Verifier
    const runFork = Effect.runForkWith(yield* Effect.context())
    const answer = (octets: Buffer) =>
      parseJson(octets).pipe(
        Effect.flatMap((input) => answerQuestion(verify, input)),
        Effect.match({
          onFailure: (problem) => ({ status: problem.status, mediaType: problemMediaType, body: JSON.stringify(problem) }),
          onSuccess: (body) => ({ status: 200, mediaType: "application/json", body: JSON.stringify(body) })
        }),
        Effect.catchDefect((defect) =>
          Effect.as(Effect.logError("a request met a defect", defect), {
            status: internalProblem.status,
            mediaType: problemMediaType,
            body: JSON.stringify(internalProblem)
          })
        )
      )

    listener.fastLane = (request, response) => {
      const length = usualLength(request)
      if (length === undefined) return false
      readBody(request, length, (octets) => {
        const fiber = runFork(answer(octets))
        response.once("close", () => fiber.interruptUnsafe()) // who went away needs no answer
        fiber.addObserver((exit) => respond(response, exit))
      })
      return true
    }
    yield* Effect.addFinalizer(() => Effect.sync(() => delete listener.fastLane))
  }))

/** The length of the body, where the request is one for this lane. */
const usualLength = ({ headers, method, url }: IncomingMessage): number | undefined => {
  if (method !== "POST" || url !== "/v1/verify") return undefined
  if (headers["content-type"] !== "application/json" || headers["content-encoding"] !== undefined) return undefined
  if (headers.expect !== undefined) return undefined
  const length = Number(headers["content-length"])
  return length > 0 && length <= bodyLimits.single ? length : undefined
}

// A body that breaks off never ends, so its question is never asked; the connection is gone by then.
const readBody = (request: IncomingMessage, length: number, onBody: (octets: Buffer) => void): void => {
  const chunks: Array<Buffer> = []
  request.on("data", (chunk: Buffer) => chunks.push(chunk))
  request.once("end", () => {
    const [first] = chunks
    onBody(first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks, length))
  })
}

interface Rendered {
  readonly status: number
  readonly mediaType: string
  readonly body: string
}

const fixedHeaders = Object.entries(securityHeaders).flat()

const respond = (response: ServerResponse, exit: Exit.Exit<Rendered>): void => {
  if (response.destroyed || response.headersSent) return
  if (Exit.isFailure(exit)) {
    // Interrupted from outside: the service is stopping, over its time.
    response.destroy(Cause.hasInterruptsOnly(exit.cause) ? undefined : new Error("the answer could not be given"))
    return
  }
  const { body, mediaType, status } = exit.value
  response.writeHead(status, [
    ...fixedHeaders,
    "content-type",
    mediaType,
    "content-length",
    String(Buffer.byteLength(body))
  ])
  response.end(body)
}
