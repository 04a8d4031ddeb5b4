/**
 * One attempt at one generation: from the well-known URL over redirects and at most one reference to material
 * (requirements §2.8). Nothing is remembered here.
 */
import { Clock, Effect, Result } from "effect"
import type { Association, Delegation } from "../../association/Association.ts"
import type { Hop } from "../../association/Hop.ts"
import type { DocumentKind } from "../../association/Hop.ts"
import { ResolveError } from "../../association/ResolveError.ts"
import type { VerdictCode } from "../../codes.ts"
import { printable } from "../../encoding/quote.ts"
import { redirectTarget, referenceTarget } from "../../fetch/Delegation.ts"
import {
  type Fetcher,
  type FetchResponse,
  type FetchTrace,
  headerValues,
  type HttpsTarget,
  type Waiting
} from "../../fetch/Fetcher.ts"
import { leavesSite } from "../../fetch/Site.ts"
import { type Lint, lint, mostSevere } from "../../Lint.ts"
import type { Policy } from "../../Policy.ts"
import type { Domain } from "../../question/Domain.ts"
import { type Generation, generationRules } from "../../question/Generation.ts"
import type { ServiceEntry } from "../../question/Service.ts"
import { currentStage } from "../../question/StageTracer.ts"
import { type Document, parseDocument } from "./Document.ts"
import type { PublishedFingerprints } from "./document/Fingerprints.ts"
import type { PublishedJwkSet } from "./document/JwkSet.ts"
import { documentBound, fingerprintsLifetime, jwkSetLifetime } from "./Lifetime.ts"
import { judgeMediaType, judgeStatus, retryAfterMs } from "./response.ts"
import { wellKnownTarget } from "./wellKnown.ts"

export interface AttemptInput {
  readonly generation: Generation
  readonly domain: Domain
  readonly service: ServiceEntry
  /** The domain is known to have published material (see {@link FetchRequest.hadMaterial}). */
  readonly hadMaterial: boolean
  readonly waiting: Waiting
}

export type AttemptRunner = (input: AttemptInput) => Effect.Effect<Association, ResolveError>

/** What an attempt has seen so far. */
interface Trail {
  readonly input: AttemptInput
  readonly seen: Set<string>
  readonly hops: Array<Hop>
  readonly lints: Array<Lint>
  redirects: number
  referenced: boolean
  /** Lowest lifetime bound of the documents so far (POSH-CAC-10). */
  bound: number
}

/** What a response leads to. */
type Step =
  | { readonly _tag: "Goto"; readonly target: HttpsTarget }
  | { readonly _tag: "Found"; readonly association: Association }

export const makeAttempt = (fetcher: Fetcher["Service"], policy: Policy): AttemptRunner =>
  Effect.fn("Attempt.run")(function*(input) {
    const trail: Trail = {
      input,
      seen: new Set(),
      hops: [],
      lints: [],
      redirects: 0,
      referenced: false,
      bound: Number.POSITIVE_INFINITY
    }
    return yield* walk(fetcher, policy, trail).pipe(
      Effect.timeoutOrElse({
        duration: policy.attempt.attemptMs,
        // Time spent in our own queues says nothing about the origin.
        orElse: () =>
          Effect.fail(failure(trail, input.waiting.code ?? "ResponseTimeout", "the whole resolution took too long"))
      })
    )
  })

const walk = Effect.fnUntraced(function*(fetcher: Fetcher["Service"], policy: Policy, trail: Trail) {
  const { domain, generation, service } = trail.input
  const stage = yield* currentStage
  let target = wellKnownTarget(generation, domain, service)
  while (trail.hops.length < policy.attempt.requests) {
    const response = yield* request(fetcher, policy, trail, target)
    const now = yield* Clock.currentTimeMillis
    const from = target
    const step = yield* Effect.fromResult(stage.run("Document", () => advance(policy, trail, from, response, now)))
    if (step._tag === "Found") return step.association
    target = step.target
  }
  return yield* Effect.fail(failure(trail, "TooManyRedirects", `more than ${policy.attempt.requests} requests`))
})

const request = (fetcher: Fetcher["Service"], policy: Policy, trail: Trail, target: HttpsTarget) => {
  const { domain, generation, hadMaterial, waiting } = trail.input
  const rules = generationRules[generation]
  trail.seen.add(target.url)
  return fetcher.get({
    target,
    sourceDomain: domain,
    hadMaterial,
    waiting,
    accept: rules.accept,
    limits: policy.attempt,
    // A body is read only where it is going to be interpreted (POSH-RES-71).
    bodyLimit: (head) =>
      head.status === 200 && judgeMediaType(head, generation, policy.strictMediaTypes) !== "refused"
        ? rules.bodyOctets
        : undefined
  }).pipe(
    Effect.map((response) => ({ ...response, trace: afterLast(trail, response.trace) })),
    Effect.mapError((error) => {
      trail.hops.push({
        url: target.url,
        ...(error.status === undefined ? {} : { status: error.status }),
        ...afterLast(trail, error.trace)
      })
      return failure(trail, error.code, error.detail, error.retryAfterMs)
    })
  )
}

/** POSH-CAC-35: no request began before the one before it ended, whatever the wall clock was set to in between. */
const afterLast = ({ hops }: Trail, trace: FetchTrace): FetchTrace => {
  const late = Math.max(0, (hops.at(-1)?.endedAt ?? trace.startedAt) - trace.startedAt)
  return late === 0 ? trace : { ...trace, startedAt: trace.startedAt + late, endedAt: trace.endedAt + late }
}

/** Response → next step; the order of checks is that of the pseudo-code in requirements §2.8. */
const advance = (
  policy: Policy,
  trail: Trail,
  target: HttpsTarget,
  response: FetchResponse,
  now: number
): Result.Result<Step, ResolveError> => {
  trail.hops.push({ url: target.url, status: response.status, ...response.trace })
  const delegated = trail.referenced ? "reference" : trail.redirects > 0 ? "redirect" : "no"
  const judgement = judgeStatus(response.status, trail.input.generation, delegated)
  if (judgement === "redirect") return follow(policy, trail, target, response)
  if (judgement !== "document") return fail(trail, judgement, undefined, retryAfterMs(response, now))

  const mediaType = judgeMediaType(response, trail.input.generation, policy.strictMediaTypes)
  if (mediaType === "refused") {
    return fail(trail, "UnsupportedMediaType", printable(headerValues(response, "content-type").join()))
  }
  if (mediaType === "unexpected") trail.lints.push(lint("UnexpectedMediaType", "warning", hopPath(trail)))

  const document = parseDocument(response.body, {
    generation: trail.input.generation,
    acceptInterim: policy.acceptInterim,
    referenced: trail.referenced,
    now
  })
  if (Result.isFailure(document)) {
    trail.lints.push(...document.failure.lints)
    return fail(trail, document.failure.code, document.failure.detail)
  }
  return read(policy, trail, target, response, document.success)
}

const follow = (
  policy: Policy,
  trail: Trail,
  from: HttpsTarget,
  response: FetchResponse
): Result.Result<Step, ResolveError> => {
  trail.redirects += 1
  // POSH-RES-67: one budget for the whole attempt, before and after a reference.
  if (trail.redirects > policy.attempt.redirects) return fail(trail, "TooManyRedirects")
  const [location, ...more] = headerValues(response, "location")
  if (location === undefined) return fail(trail, "RedirectMissingLocation")
  if (more.length > 0) return fail(trail, "RedirectInvalidLocation", "there is more than one Location")

  const target = redirectTarget(location, from, trail.input.domain, policy)
  if (Result.isFailure(target)) return fail(trail, target.failure.code, target.failure.detail)
  if (target.success.relative) trail.lints.push(lint("RelativeLocation", "info", hopPath(trail)))
  if (leavesSite(from.host, target.success.host)) {
    // POSH-SEC-05: a site that redirects everything elsewhere delegates its services along.
    trail.lints.push(lint("DelegatedOutsideSite", "warning", hopPath(trail), target.success.host))
  }
  return goto(trail, target.success)
}

const goto = (trail: Trail, target: HttpsTarget): Result.Result<Step, ResolveError> =>
  trail.seen.has(target.url)
    ? fail(trail, "RedirectLoop", target.url)
    : Result.succeed({ _tag: "Goto", target })

const kinds: Record<Document["_tag"], DocumentKind> = {
  PublishedFingerprints: "fingerprints",
  PublishedJwkSet: "jwk-set",
  Reference: "reference"
}

const read = (
  policy: Policy,
  trail: Trail,
  target: HttpsTarget,
  response: FetchResponse,
  document: Document
): Result.Result<Step, ResolveError> => {
  const hop = trail.hops.pop()
  if (hop !== undefined) trail.hops.push({ ...hop, document: kinds[document._tag] })
  trail.lints.push(...document.lints)
  const { startedAt } = response.trace
  const bound = documentBound(document, startedAt, response)
  if (bound <= startedAt) return fail(trail, "AllMaterialExpired", "an intermediary held the document beyond expires")
  trail.bound = Math.min(trail.bound, bound)
  if (document._tag !== "Reference") return found(policy, trail, target, response, document)

  trail.referenced = true
  const next = referenceTarget(document.url, trail.input.domain, policy)
  return Result.isFailure(next) ? fail(trail, next.failure.code, next.failure.detail) : goto(trail, next.success)
}

const found = (
  policy: Policy,
  trail: Trail,
  target: HttpsTarget,
  response: FetchResponse,
  document: PublishedFingerprints | PublishedJwkSet
): Result.Result<Step, ResolveError> => {
  const { startedAt } = response.trace
  return Result.succeed({
    _tag: "Found",
    association: {
      domain: trail.input.domain,
      service: trail.input.service.key,
      generation: trail.input.generation,
      material: document.material,
      lints: mostSevere(trail.lints),
      hops: trail.hops,
      delegation: delegationOf(trail),
      delegatedDomain: target.host,
      lifetime: document._tag === "PublishedFingerprints"
        ? fingerprintsLifetime(startedAt, trail.bound, policy)
        : jwkSetLifetime(startedAt, document, trail.bound, policy)
    }
  })
}

const delegationOf = ({ redirects, referenced }: Trail): Delegation =>
  referenced ? (redirects > 0 ? "redirect+reference" : "reference") : (redirects > 0 ? "redirect" : "possession")

const hopPath = (trail: Trail): string => `hops[${trail.hops.length - 1}]`

const failure = (trail: Trail, code: VerdictCode, detail?: string, retryAfter?: number): ResolveError => {
  const last = trail.hops.at(-1)
  return new ResolveError({
    code,
    hops: trail.hops,
    lints: mostSevere(trail.lints),
    ...(detail === undefined || detail === "" ? {} : { detail }),
    ...(last === undefined ? {} : { hopIndex: trail.hops.length - 1, url: last.url }),
    ...(retryAfter === undefined ? {} : { retryAfterMs: retryAfter })
  })
}

const fail = (trail: Trail, code: VerdictCode, detail?: string, retryAfter?: number) =>
  Result.fail(failure(trail, code, detail, retryAfter))
