/**
 * One attempt at one generation: fetches the well-known URL, follows redirects and at most one reference, and ends with
 * material or an error (requirements §2.8). It caches nothing.
 */
import { Clock, Effect, Result } from "effect"
import { hash } from "node:crypto"
import type { Association } from "../../association/Association.ts"
import type { DocumentKind } from "../../association/Hop.ts"
import type { ResolveError } from "../../association/ResolveError.ts"
import { redirectTarget, referenceTarget } from "../../fetch/Delegation.ts"
import {
  type Fetcher,
  type FetchError,
  type FetchResponse,
  type FetchTrace,
  headerValues,
  type HttpsTarget
} from "../../fetch/Fetcher.ts"
import { leavesSite } from "../../fetch/Site.ts"
import { lint, mostSevere } from "../../Lint.ts"
import type { Policy } from "../../Policy.ts"
import { generationRules } from "../../question/Generation.ts"
import { currentStage } from "../../question/StageTracer.ts"
import {
  amendHop,
  type AttemptInput,
  type AttemptState,
  delegationOf,
  fail,
  hopPath,
  resolveError
} from "./AttemptState.ts"
import { type Document, parseDocument } from "./Document.ts"
import type { PublishedFingerprints } from "./document/Fingerprints.ts"
import type { PublishedJwkSet } from "./document/JwkSet.ts"
import { documentBound, fingerprintsLifetime, jwkSetLifetime } from "./Lifetime.ts"
import { lintRepeatedFields } from "./repeatedFields.ts"
import { classifyMediaType, classifyStatus, describeMediaType, retryAfterMs } from "./response.ts"
import { wellKnownTarget } from "./wellKnown.ts"

export type AttemptRunner = (input: AttemptInput) => Effect.Effect<Association, ResolveError>

/** What follows from a response. */
type Step =
  | { readonly _tag: "Request"; readonly target: HttpsTarget }
  | { readonly _tag: "Found"; readonly association: Association }

export const makeAttempt = (fetcher: Fetcher["Service"], policy: Policy): AttemptRunner =>
  Effect.fn("Attempt.run")(function*(input) {
    const state: AttemptState = {
      input,
      requested: new Set(),
      smallHello: new Set(),
      hops: [],
      lints: [],
      redirects: 0,
      referenced: false,
      bound: Number.POSITIVE_INFINITY
    }
    return yield* run(fetcher, policy, state).pipe(
      Effect.timeoutOrElse({
        duration: policy.attempt.attemptMs,
        // If the time was spent in our own queues, the code names them and not the origin.
        orElse: () =>
          Effect.fail(
            resolveError(state, input.waiting.code ?? "ResponseTimeout", "the whole resolution took too long")
          )
      })
    )
  })

const run = Effect.fnUntraced(function*(fetcher: Fetcher["Service"], policy: Policy, state: AttemptState) {
  const { domain, generation, service } = state.input
  const stage = yield* currentStage
  let target = wellKnownTarget(generation, domain, service)
  while (state.hops.length < policy.attempt.requests) {
    const response = yield* request(fetcher, policy, state, target)
    const now = yield* Clock.currentTimeMillis
    const from = target
    const step = yield* Effect.fromResult(
      stage.run("Document", () => handleResponse(policy, state, from, response, now))
    )
    if (step._tag === "Found") return step.association
    target = step.target
  }
  return yield* Effect.fail(resolveError(state, "TooManyRedirects", `more than ${policy.attempt.requests} requests`))
})

/**
 * One request; and a second one where the host resets a large ClientHello, with a small one (POSH-RES-94). The second
 * counts as any request does, in the budgets and in the evidence, and a host gets no more than one.
 */
const request = (fetcher: Fetcher["Service"], policy: Policy, state: AttemptState, target: HttpsTarget) => {
  const isResetAtHello = ({ helloReset }: FetchError) =>
    helloReset === true && !state.smallHello.has(target.host) && state.hops.length < policy.attempt.requests
  return ask(fetcher, policy, state, target).pipe(
    Effect.catchIf(isResetAtHello, () => {
      const reset = hopPath(state)
      state.smallHello.add(target.host)
      return Effect.tap(
        ask(fetcher, policy, state, target),
        () => Effect.sync(() => state.lints.push(lint("LargeHelloReset", "warning", reset)))
      )
    }),
    Effect.mapError((error) => resolveError(state, error.code, error.detail, error.retryAfterMs))
  )
}

const ask = (fetcher: Fetcher["Service"], policy: Policy, state: AttemptState, target: HttpsTarget) => {
  const { domain, generation, hadMaterial, waiting } = state.input
  const rules = generationRules[generation]
  state.requested.add(target.url)
  return fetcher.get({
    target,
    sourceDomain: domain,
    hadMaterial,
    waiting,
    accept: rules.accept,
    smallHello: state.smallHello.has(target.host),
    limits: policy.attempt,
    // A body is read only if it will be interpreted (POSH-RES-71).
    bodyLimit: (head) =>
      head.status === 200 && classifyMediaType(head, generation, policy.strictMediaTypes) !== "refused"
        ? rules.bodyOctets
        : undefined
  }).pipe(
    Effect.map((response) => ({ ...response, trace: afterLast(state, response.trace) })),
    Effect.tapError(({ status, trace }) =>
      Effect.sync(() =>
        state.hops.push({ url: target.url, ...(status === undefined ? {} : { status }), ...afterLast(state, trace) })
      )
    )
  )
}

/** POSH-CAC-35: a request never starts before the previous one ended, even if the wall clock was set back. */
const afterLast = ({ hops }: AttemptState, trace: FetchTrace): FetchTrace => {
  const late = Math.max(0, (hops.at(-1)?.endedAt ?? trace.startedAt) - trace.startedAt)
  return late === 0 ? trace : { ...trace, startedAt: trace.startedAt + late, endedAt: trace.endedAt + late }
}

/** Decides the next step after a response, in the order of the pseudo-code in requirements §2.8. */
const handleResponse = (
  policy: Policy,
  state: AttemptState,
  target: HttpsTarget,
  response: FetchResponse,
  now: number
): Result.Result<Step, ResolveError> => {
  state.hops.push({ url: target.url, status: response.status, ...response.trace })
  const kind = state.referenced ? "reference" : state.redirects > 0 ? "redirect" : "direct"
  const status = classifyStatus(response.status, state.input.generation, kind)
  if (status !== "document" && status !== "redirect") {
    return fail(state, status, undefined, retryAfterMs(response, now))
  }
  state.lints.push(...lintRepeatedFields(response, hopPath(state)))
  if (status === "redirect") return followRedirect(policy, state, target, response)

  const mediaType = classifyMediaType(response, state.input.generation, policy.strictMediaTypes)
  if (mediaType === "refused") return fail(state, "UnsupportedMediaType", describeMediaType(response))
  if (mediaType === "unexpected") state.lints.push(lint("UnexpectedMediaType", "warning", hopPath(state)))

  amendHop(state, { documentSha256: hash("sha256", response.body, "hex") })
  const document = parseDocument(response.body, {
    generation: state.input.generation,
    acceptInterim: policy.acceptInterim,
    referenced: state.referenced,
    now
  })
  if (Result.isFailure(document)) {
    state.lints.push(...document.failure.lints)
    return fail(state, document.failure.code, document.failure.detail)
  }
  return handleDocument(policy, state, target, response, document.success)
}

const followRedirect = (
  policy: Policy,
  state: AttemptState,
  from: HttpsTarget,
  response: FetchResponse
): Result.Result<Step, ResolveError> => {
  state.redirects += 1
  // POSH-RES-67: one limit for the whole attempt, before and after a reference.
  if (state.redirects > policy.attempt.redirects) return fail(state, "TooManyRedirects")
  const [location, ...more] = headerValues(response, "location")
  if (location === undefined) return fail(state, "RedirectMissingLocation")
  if (more.length > 0) {
    const which = more.every((other) => other === location) ? "with one value" : "with different values"
    return fail(state, "RedirectInvalidLocation", `there are ${more.length + 1} fields of Location, ${which}`)
  }

  const target = redirectTarget(location, from, state.input.domain, policy)
  if (Result.isFailure(target)) return fail(state, target.failure.code, target.failure.detail)
  if (target.success.relative) state.lints.push(lint("RelativeLocation", "info", hopPath(state)))
  if (leavesSite(from.host, target.success.host)) {
    // POSH-SEC-05: a site that redirects all its paths delegates POSH too, perhaps without intent.
    state.lints.push(lint("DelegatedOutsideSite", "warning", hopPath(state), target.success.host))
  }
  return nextRequest(state, target.success)
}

const nextRequest = (state: AttemptState, target: HttpsTarget): Result.Result<Step, ResolveError> =>
  state.requested.has(target.url)
    ? fail(state, "RedirectLoop", target.url)
    : Result.succeed({ _tag: "Request", target })

const kinds: Record<Document["_tag"], DocumentKind> = {
  PublishedFingerprints: "fingerprints",
  PublishedJwkSet: "jwk-set",
  Reference: "reference"
}

const handleDocument = (
  policy: Policy,
  state: AttemptState,
  target: HttpsTarget,
  response: FetchResponse,
  document: Document
): Result.Result<Step, ResolveError> => {
  amendHop(state, { document: kinds[document._tag] })
  state.lints.push(...document.lints)
  const { startedAt } = response.trace
  const bound = documentBound(document, startedAt, response)
  if (bound <= startedAt) return fail(state, "AllMaterialExpired", "an intermediary held the document beyond expires")
  state.bound = Math.min(state.bound, bound)
  if (document._tag !== "Reference") return toFound(policy, state, target, response, document)

  state.referenced = true
  const next = referenceTarget(document.url, state.input.domain, policy)
  return Result.isFailure(next) ? fail(state, next.failure.code, next.failure.detail) : nextRequest(state, next.success)
}

const toFound = (
  policy: Policy,
  state: AttemptState,
  target: HttpsTarget,
  response: FetchResponse,
  document: PublishedFingerprints | PublishedJwkSet
): Result.Result<Step, ResolveError> => {
  const { startedAt } = response.trace
  return Result.succeed({
    _tag: "Found",
    association: {
      domain: state.input.domain,
      service: state.input.service.key,
      generation: state.input.generation,
      material: document.material,
      lints: mostSevere(state.lints),
      hops: state.hops,
      delegation: delegationOf(state),
      delegatedDomain: target.host,
      lifetime: document._tag === "PublishedFingerprints"
        ? fingerprintsLifetime(startedAt, state.bound, policy)
        : jwkSetLifetime(startedAt, document, state.bound, policy)
    }
  })
}
