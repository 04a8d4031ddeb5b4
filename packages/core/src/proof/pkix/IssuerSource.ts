/**
 * What the URLs of caIssuers gave: remembered for a while, and asked once however many questions wait.
 *
 * **Details**
 *
 * Answers come over plain HTTP, so anybody on the way can put another one in their place. That proves nothing to anybody, as a
 * path is validated whoever sent its certificates; but it could keep a good answer away. So what no path has confirmed is
 * forgotten after minutes, as is a failure.
 */
import { Clock, Effect, Option, Result, type Scope } from "effect"
import { LRUCache } from "lru-cache"
import { type Flight, makeFlights } from "../../cache/Flights.ts"
import { observeFetcher, ResolutionObserver } from "../../cache/ResolutionObserver.ts"
import { withBudgets } from "../../fetch/Budgets.ts"
import { CertificateFetcher, type HttpTarget } from "../../fetch/certificates/CertificateFetcher.ts"
import { timeFetcher } from "../../fetch/certificates/timeAsked.ts"
import type { FetchCode, FetchRequest, FetchResponse } from "../../fetch/Fetcher.ts"
import { type BudgetLimits, issuerLimits } from "../../Limits.ts"
import type { Policy } from "../../Policy.ts"
import type { Domain } from "../../question/Domain.ts"
import { type Stamp, stampOf, timeSince } from "../../question/Stamp.ts"
import { parseCertificate } from "../../x509/Certificate.ts"
import { parseCertificateFile } from "../../x509/certificateFile.ts"

/** What a URL gave. */
export type IssuerAnswer =
  /** DER; at least one. THEY ARE UNTRUSTED. */
  | { readonly _tag: "Certificates"; readonly certificates: ReadonlyArray<Uint8Array> }
  /** `detail`: for a person; bounded. */
  | { readonly _tag: "Nothing"; readonly detail: string }

export interface IssuerSource {
  /** What is remembered; `undefined` if the URL has to be asked. */
  readonly recall: (url: string, now: Stamp) => IssuerAnswer | undefined
  /** A certificate of this URL has led to a trusted root, so what it gave is remembered for longer. */
  readonly confirm: (url: string) => void
  /**
   * Asks, unless somebody does already; afterwards `recall` has the answer. There is none if it did not come in time, or if our
   * own budgets did not allow to ask. `source`: the domain of the question, by which budgets count (POSH-SEC-12).
   */
  readonly fetch: (target: HttpTarget, source: Domain, waitMs: number) => Effect.Effect<void>
  readonly isUnderWay: (url: string) => boolean
}

/** `undefined` without a {@link CertificateFetcher}. */
export const makeIssuerSource = (policy: Policy): Effect.Effect<IssuerSource | undefined, never, Scope.Scope> =>
  Effect.gen(function*() {
    const fetcher = Option.getOrUndefined(yield* Effect.serviceOption(CertificateFetcher))
    if (fetcher === undefined) return undefined
    const clock = yield* Clock.Clock
    const { fetchedIssuer } = yield* ResolutionObserver
    const { fetcher: timed, timeAsked } = timeFetcher(observeFetcher(fetcher, { fetched: fetchedIssuer }), clock)
    const get = withBudgets(timed, issuerBudgets(policy.budgets))
    const limits = issuerAttempt(policy)
    const flights = yield* makeFlights<void>(() => undefined)
    const memory = new LRUCache<string, IssuerEntry>({
      max: issuerLimits.entries,
      maxSize: issuerLimits.memoryOctets,
      sizeCalculation: octetsOf
    })

    const remember = (url: string, answer: IssuerAnswer, asked: Stamp) => {
      const now = timeSince(asked, stampOf(clock))
      memory.set(url, { answer, asked, until: now + issuerLimits.unconfirmedMs })
    }

    const ask = (target: HttpTarget, sourceDomain: Domain) => ({ began, waiting }: Flight<void>) => {
      const request: FetchRequest = {
        target,
        sourceDomain,
        hadMaterial: false,
        waiting,
        accept: "application/pkix-cert, application/pkcs7-mime",
        limits,
        bodyLimit: ({ status }) => status === 200 ? issuerLimits.octets : undefined
      }
      return get(request).pipe(
        Effect.map(toAnswer),
        Effect.catch(({ code, detail }) => Effect.succeed(ownCodes.has(code) ? undefined : nothing(code, detail))),
        Effect.timeoutOrElse({
          duration: limits.attemptMs,
          // POSH-SEC-12: time in our own queues is not the fault of the URL, and a stranger can fill them.
          orElse: () =>
            Effect.sync(() => {
              const isHeldUp = waiting.code !== undefined || timeAsked(request) < limits.attemptMs / 2
              return isHeldUp ? undefined : nothing("ResponseTimeout")
            })
        }),
        Effect.map((answer) => answer === undefined ? undefined : remember(target.url, answer, began))
      )
    }

    return {
      recall: (url, now) => {
        const known = memory.get(url)
        // POSH-CAC-35: a wall clock that was set back makes nothing younger.
        return known !== undefined && timeSince(known.asked, now) < known.until ? known.answer : undefined
      },
      confirm: (url) => {
        const known = memory.peek(url)
        if (known !== undefined) memory.set(url, { ...known, until: Math.max(known.until, confirmedUntil(known)) })
      },
      fetch: (target, source, ms) =>
        Effect.asVoid(flights.join(target.url, ask(target, source), { ms, onLate: () => undefined })),
      isUnderWay: flights.isUnderWay
    }
  })

interface IssuerEntry {
  readonly answer: IssuerAnswer
  readonly asked: Stamp
  /** Milliseconds since the epoch. */
  readonly until: number
}

/** About what it takes; the length of URL and certificates is a stranger's choice. */
const octetsOf = ({ answer }: IssuerEntry, url: string): number =>
  512 + 2 * url.length +
  (answer._tag === "Nothing"
    ? 2 * answer.detail.length
    : answer.certificates.reduce((sum, { length }) => sum + 256 + length, 0))

/** A day from the request on, and no longer than the first of the certificates is valid: its successor is at the URL then. */
const confirmedUntil = ({ answer, asked }: IssuerEntry): number => {
  const ends = (answer._tag === "Nothing" ? [] : answer.certificates).flatMap((der) => {
    const parsed = parseCertificate(der)
    return Result.isSuccess(parsed) ? [parsed.success.notAfter] : []
  })
  return Math.min(asked.wallMs + issuerLimits.confirmedMs, ...ends)
}

// A redirect is a response as well: it could lead anywhere, and authorities use none.
const toAnswer = ({ body, status }: FetchResponse): IssuerAnswer => {
  if (status !== 200) return { _tag: "Nothing", detail: `it answered ${status}` }
  return Result.match(parseCertificateFile(body), {
    onFailure: (detail): IssuerAnswer => ({ _tag: "Nothing", detail }),
    onSuccess: (certificates): IssuerAnswer => ({ _tag: "Certificates", certificates })
  })
}

const nothing = (code: FetchCode, detail?: string): IssuerAnswer => ({
  _tag: "Nothing",
  detail: detail === undefined ? code : `${code}: ${detail}`
})

/** The fault is ours, so that nothing is learnt of the URL (as in POSH-CAC-31). */
const ownCodes: ReadonlySet<FetchCode> = new Set(["RateLimitedLocally", "ResolverOverloaded", "InternalError"])

const issuerAttempt = ({ attempt }: Policy): Policy["attempt"] => ({
  ...attempt,
  connectMs: Math.min(attempt.connectMs, issuerLimits.requestMs),
  requestMs: Math.min(attempt.requestMs, issuerLimits.requestMs),
  attemptMs: Math.min(attempt.attemptMs, issuerLimits.requestMs)
})

/**
 * Shares of the budgets of documents, beside them: a host of an authority has few files, and each is asked once a day. All hosts
 * together take an eighth of the connections, so that slow ones leave the others to documents.
 */
const issuerBudgets = (budgets: BudgetLimits): BudgetLimits => ({
  perSourceConcurrent: Math.min(budgets.perSourceConcurrent * 2, issuerLimits.urls),
  perSourcePerMinute: budgets.perSourcePerMinute,
  perHostConcurrent: share(budgets.perHostConcurrent, 4),
  perHostPerMinute: share(budgets.perHostPerMinute, 10),
  perHostLookUpsConcurrent: share(budgets.perHostLookUpsConcurrent, 4),
  perHostLookUpsPerMinute: share(budgets.perHostLookUpsPerMinute, 10),
  inFlight: share(budgets.inFlight, 8)
})

const share = (limit: number, of: number): number => Math.max(1, Math.floor(limit / of))
