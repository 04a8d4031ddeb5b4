/** Requests to a faked world, and what comes of them. */
import { Effect } from "effect"
import type { Domain } from "../../src/Domain.ts"
import { Fetcher, type FetchRequest } from "../../src/Fetcher.ts"
import { type AttemptLimits, attemptLimits } from "../../src/Limits.ts"

/** Short, because time passes for real here. */
export const limits: AttemptLimits = { ...attemptLimits, connectMs: 300, firstByteMs: 300, requestMs: 600 }

export interface Question {
  readonly host: string
  readonly path?: string
  readonly port?: number
  readonly limits?: Partial<AttemptLimits>
  readonly bodyLimit?: FetchRequest["bodyLimit"]
}

export const toRequest = (
  { bodyLimit = () => 65_536, host, limits: own, path = "/", port = 443 }: Question
): FetchRequest => ({
  target: {
    url: `https://${host}${port === 443 ? "" : `:${port}`}${path}`,
    host: host as Domain,
    port,
    path
  },
  sourceDomain: host as Domain,
  waiting: {},
  accept: "application/json",
  limits: { ...limits, ...own },
  bodyLimit
})

export const get = (question: Question) => Fetcher.use((fetcher) => fetcher.get(toRequest(question)))

/** The status and the body's text, or the code of the failure. */
export const outcome = (question: Question) =>
  get(question).pipe(Effect.match({
    onFailure: ({ code }) => code,
    onSuccess: ({ body, status }) => `${status} ${Buffer.from(body).toString()}`
  }))
