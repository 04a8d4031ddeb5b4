/**
 * Completes the chain of a question whose path stops at a certificate without issuer (`PathIncomplete`): certificates say where
 * their issuer's is (RFC 5280 §4.2.2.1), and what is there becomes an untrusted candidate, as if it had been presented. It is
 * never an anchor.
 *
 * **Details**
 *
 * Deciding reads memory alone, and says which URLs are not known yet; only `complete` asks them. Which URLs a question looks at
 * follows from the certificates, and not from who asked before: asking again reaches no further ones.
 */
import { Clock, Effect, type Scope } from "effect"
import type { HttpTarget } from "../../fetch/certificates/CertificateFetcher.ts"
import { issuerLimits } from "../../Limits.ts"
import type { Policy } from "../../Policy.ts"
import { CallerBudget } from "../../question/CallerBudget.ts"
import { type Deadline, remainingMs } from "../../question/Deadline.ts"
import type { Domain } from "../../question/Domain.ts"
import { monotonicMs, stampOf } from "../../question/Stamp.ts"
import { type IssuerSource, makeIssuerSource } from "./IssuerSource.ts"
import { makePkixCheck, type PkixCheck, type PkixQuestion } from "./PkixCheck.ts"
import { type WalkInput, walkIssuers } from "./walkIssuers.ts"

export interface PathCompletion {
  /** Takes chains as they are presented. */
  readonly presented: PkixCheck
  /**
   * The same, with what is remembered of issuers that were not presented. `recall` does not know, either, while there is
   * something to ask.
   */
  readonly completed: PkixCheck
  /**
   * URLs that could complete the path, and that memory does not know. Searches one chain at most, because that may take tens of
   * milliseconds; `undefined`: another one is due, at the next call.
   */
  readonly missing: (question: PkixQuestion) => ReadonlyArray<HttpTarget> | undefined
  /**
   * Asks what is missing, and again what is missing then, within the limits of a question. Never fails: what could not be
   * fetched stays missing, or is remembered as failed. `find` is called once; without a result there is nothing to do. True if
   * it waited.
   */
  readonly complete: (
    find: () => IncompletePath | undefined,
    source: Domain,
    deadline: Deadline
  ) => Effect.Effect<boolean>
  /**
   * Searches as `complete` does before it asks anybody, one chain in each turn of the caller; afterwards `completed` remembers, and
   * deciding takes no searches. `find` as there.
   */
  readonly search: (find: () => IncompletePath | undefined) => Effect.Effect<void>
}

/** A path that could be completed. */
export interface IncompletePath {
  /** As in {@link PathCompletion}. */
  readonly missing: () => ReadonlyArray<HttpTarget> | undefined
  /** Could that change the verdict? Called once, if something is missing. */
  readonly isNeeded: () => boolean
}

/** Chains are taken as they are presented, unless the policy wants them completed. */
export const makePathCompletion = (policy: Policy): Effect.Effect<PathCompletion, never, Scope.Scope> =>
  Effect.gen(function*() {
    const presented = makePkixCheck()
    if (!policy.fetchIntermediates) {
      return {
        presented,
        completed: presented,
        missing: () => [],
        complete: () => Effect.succeed(false),
        search: () => Effect.void
      }
    }
    const issuers = yield* makeIssuerSource(policy)
    if (issuers === undefined) {
      return yield* Effect.die(new TypeError("fetchIntermediates: needs a CertificateFetcher beside the verifier"))
    }
    const clock = yield* Clock.Clock
    const walk = (question: PkixQuestion, run: WalkInput["run"]) => {
      const now = stampOf(clock)
      return walkIssuers({ question, run, recall: (url) => issuers.recall(url, now), domainPolicy: policy })
    }
    return {
      presented,
      completed: {
        check: (question) => {
          const { result, sources } = walk(question, presented.check) ??
            { result: presented.check(question), sources: [] }
          const path = new Set(result._tag === "Verified" ? result.path.certificates : [])
          for (const { certificates, url } of sources) {
            if (certificates.some((der) => path.has(der))) issuers.confirm(url)
          }
          return result
        },
        recall: (question) => {
          const known = walk(question, presented.recall)
          return known === undefined || known.missing.length > 0 ? undefined : known.result
        }
      },
      missing: (question) => {
        const searches = { left: 1 }
        const run: WalkInput["run"] = (chain) => {
          const known = presented.recall(chain)
          if (known !== undefined || searches.left === 0) return known
          searches.left -= 1
          return presented.check(chain)
        }
        return walk(question, run)?.missing
      },
      complete: complete(issuers),
      search
    }
  })

const complete = (issuers: IssuerSource): PathCompletion["complete"] =>
  Effect.fnUntraced(function*(find, source, deadline) {
    const path = find()
    if (path === undefined) return false
    const { take, turn = Effect.void } = yield* CallerBudget
    const first = yield* findMissing(path, turn)
    if (first.length === 0 || !path.isNeeded()) return false
    const end = (yield* monotonicMs) + Math.min(issuerLimits.completionMs, (yield* remainingMs(deadline)) / 2)
    const asked = new Set<string>()
    const state = { targets: first, isCharged: false }
    while (state.targets.length > 0) {
      const left = end - (yield* monotonicMs)
      if (left <= 0) break
      // One resolution of the caller's, however many URLs; none to wait for what another question asks (POSH-SEC-12).
      if (!state.isCharged && !state.targets.every(({ url }) => issuers.isUnderWay(url))) {
        if (take() !== undefined) break
        state.isCharged = true
      }
      for (const { url } of state.targets) asked.add(url)
      yield* Effect.forEach(state.targets, (target) => issuers.fetch(target, source, left), {
        concurrency: issuerLimits.urls,
        discard: true
      })
      yield* turn
      state.targets = (yield* findMissing(path, turn)).filter(({ url }) => !asked.has(url))
    }
    return true
  })

const search: PathCompletion["search"] = Effect.fnUntraced(function*(find) {
  const path = find()
  if (path === undefined) return
  const { turn = Effect.void } = yield* CallerBudget
  yield* findMissing(path, turn)
})

/** One search in each turn of the caller. Each is remembered, so that there are no more than rounds; then memory decides. */
const findMissing = Effect.fnUntraced(function*({ missing }: IncompletePath, turn: Effect.Effect<void>) {
  for (let searches = 0; searches <= issuerLimits.rounds + 1; searches += 1) {
    const found = missing()
    if (found !== undefined) return found
    yield* Effect.andThen(Effect.yieldNow, turn)
  }
  return []
})
