/**
 * The client for programs without `effect`.
 */
import { Effect, Exit } from "effect"
import type { ClientSettings } from "./ClientSettings.ts"
import { type ClientError, toFault } from "./faults.ts"
import { makeVerifyClient } from "./VerifyClient.ts"
import type { ClientAnswer, ClientQuestion, VerifyResult } from "./VerifyResult.ts"

export interface PromiseClient {
  /**
   * Asks the service, unless an answer is kept.
   *
   * **Details**
   *
   * Never rejects. Only `result.kind === "answer" && result.answer.valid` means yes. `signal` gives the question up for this
   * caller alone; others who asked the same get their answer.
   */
  readonly verify: (question: ClientQuestion, options?: { readonly signal?: AbortSignal }) => Promise<VerifyResult>
  /** A kept answer, at once. It is always a yes; `undefined` says nothing. */
  readonly recall: (question: ClientQuestion) => ClientAnswer | undefined
}

/**
 * A client of the service at `endpoints`.
 *
 * **Gotchas**
 *
 * Throws a `TypeError` for settings that are none. Make one client for a program: cache and batches are its own.
 */
export const createClient = (settings: ClientSettings): PromiseClient => {
  const { recall, verify } = Effect.runSync(makeVerifyClient(settings))
  return {
    recall,
    verify: (question, { signal } = {}) =>
      signal?.aborted === true
        ? Promise.resolve(aborted)
        : Effect.runPromise(
          Effect.map(
            Effect.exit(
              stoppable(Effect.match(verify(question), { onFailure: toFailure, onSuccess: toAnswer }), signal)
            ),
            (exit) => Exit.isSuccess(exit) ? exit.value : aborted
          )
        )
  }
}

const toFailure = ({ fault }: ClientError): VerifyResult => ({ kind: "failure", ...fault })
const toAnswer = (answer: ClientAnswer): VerifyResult => ({ kind: "answer", answer })
const aborted: VerifyResult = { kind: "failure", ...toFault("Aborted").fault }

/** Ends as given up when the signal fires. The listener does not outlive the question. */
const stoppable = (work: Effect.Effect<VerifyResult>, signal: AbortSignal | undefined): Effect.Effect<VerifyResult> => {
  if (signal === undefined) return work
  const fired = Effect.callback<VerifyResult>((resume) => {
    const onAbort = () => resume(Effect.succeed(aborted))
    signal.addEventListener("abort", onAbort, { once: true })
    return Effect.sync(() => signal.removeEventListener("abort", onAbort))
  })
  return Effect.raceFirst(work, fired)
}
