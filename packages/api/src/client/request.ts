/**
 * One HTTP request to one endpoint. An interrupt aborts it, in every stage.
 */
import { Clock, Effect, Predicate, Redacted } from "effect"
import { type RequestFault, statusFault, toFault } from "./faults.ts"
import { readBody } from "./readBody.ts"
import { retryAfterMs, type ServiceReply } from "./readReply.ts"
import { type CheckedSettings, isKey } from "./settings.ts"

export interface OutgoingRequest {
  readonly url: string
  /** For faults. */
  readonly origin: string
  readonly body: string
  /** The most octets that a body of an answer may have. */
  readonly limit: number
}

/** The most that a problem may have. */
const problemLimit = 64 * 1024

export const request = (
  { fetch, key }: Pick<CheckedSettings, "fetch" | "key">,
  { body, limit, origin, url }: OutgoingRequest
): Effect.Effect<ServiceReply, RequestFault> =>
  Effect.acquireUseRelease(
    Effect.sync(() => new AbortController()),
    ({ signal }) =>
      Effect.gen(function*() {
        const authorization = yield* authorizationOf(key)
        const response = yield* Effect.tryPromise({
          try: () =>
            fetch(url, {
              method: "POST",
              headers: { accept: "application/json", "content-type": "application/json", ...authorization },
              body,
              signal,
              redirect: "manual", // the key, and the right to say yes, are this endpoint's
              credentials: "omit",
              cache: "no-store",
              referrerPolicy: "no-referrer"
            }),
          catch: (cause) => toFault("Unreachable", detailOf(cause))
        })
        const { headers, status, type } = response
        const after = retryAfterMs(headers.get("retry-after"), yield* Clock.currentTimeMillis)
        const requestId = headers.get("x-request-id")
        const facts = {
          ...(after === undefined ? {} : { retryAfterMs: after }),
          ...(requestId === null ? {} : { requestId: requestId.slice(0, 128) })
        }
        if (type === "opaqueredirect" || response.redirected) return yield* Effect.fail(toFault("Redirected", facts))
        if (status >= 300 && status < 400) return yield* Effect.fail(statusFault(status, facts))
        const read = readBody(response, status === 200 ? limit : problemLimit)
        // The status says more than a body that is none.
        const text = yield* status === 200 ? read : Effect.catch(read, () => Effect.succeed(""))
        const mediaType = (headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? ""
        return { status, mediaType, text, facts: { ...facts, endpoint: origin } }
      }).pipe(
        Effect.mapError((fault) => ({ ...fault, fault: { ...fault.fault, endpoint: origin } }))
      ),
    (controller) => Effect.sync(() => controller.abort())
  )

const authorizationOf = (
  key: CheckedSettings["key"]
): Effect.Effect<{ readonly authorization?: string }, RequestFault> =>
  Effect.gen(function*() {
    if (key === undefined) return {}
    const value = typeof key !== "function"
      ? Redacted.value(key)
      : yield* Effect.tryPromise({ try: () => Promise.resolve().then(key), catch: () => toFault("KeyUnavailable") })
    return isKey(value) ? { authorization: `Bearer ${value}` } : yield* Effect.fail(toFault("KeyUnavailable"))
  })

/** The code of a cause, such as `ECONNREFUSED`. Never its message: some platforms quote headers there. */
const detailOf = (cause: unknown): { readonly detail?: string } => {
  const inner = Predicate.hasProperty(cause, "cause") ? cause.cause : cause
  const code = Predicate.hasProperty(inner, "code") ? inner.code : undefined
  return typeof code === "string" && /^[A-Z0-9_]{1,64}$/.test(code) ? { detail: code } : {}
}
