/**
 * Climbs from the certificates at which a path stops to those that memory knows of their issuers, until there is a path or an
 * end. Pure: it asks nobody, and says who has to be asked.
 */
import { Result } from "effect"
import { printable } from "../../encoding/quote.ts"
import type { HttpTarget } from "../../fetch/certificates/CertificateFetcher.ts"
import { issuerTarget } from "../../fetch/certificates/issuerTarget.ts"
import { issuerLimits } from "../../Limits.ts"
import type { DomainPolicy } from "../../question/Domain.ts"
import { readIssuerUrls } from "../../x509/issuerUrls.ts"
import type { IssuerAnswer } from "./IssuerSource.ts"
import type { IssuerFetch, PkixQuestion, PkixResult } from "./PkixCheck.ts"

export interface IssuerWalk {
  /** Of the chain with the certificates that memory has. */
  readonly result: PkixResult
  /** What has to be asked before the walk can go on; empty if it has come to its end. */
  readonly missing: ReadonlyArray<HttpTarget>
  /** What each URL gave. */
  readonly sources: ReadonlyArray<{ readonly url: string; readonly certificates: ReadonlyArray<Uint8Array> }>
}

export interface WalkInput {
  readonly question: PkixQuestion
  /** Checks one chain; `undefined`: only memory was to be asked, and does not know. */
  readonly run: (question: PkixQuestion) => PkixResult | undefined
  /** What a URL gave; `undefined`: unknown. */
  readonly recall: (url: string) => IssuerAnswer | undefined
  readonly domainPolicy: DomainPolicy
}

/**
 * Walks. `undefined` where `run` does not know.
 *
 * **Details**
 *
 * Each URL is looked at once, so certificates that name each other end the walk. Rounds, URLs, certificates and octets are
 * limited (`issuerLimits`); what is beyond a limit is left out, for good: it follows from the certificates alone.
 */
export const walkIssuers = ({ domainPolicy, question, recall, run }: WalkInput): IssuerWalk | undefined => {
  const climb = (
    round: number,
    fetched: ReadonlyArray<Uint8Array>,
    seen: ReadonlyArray<Seen>
  ): IssuerWalk | undefined => {
    const chain = [...question.intermediates, ...fetched]
    const result = run(fetched.length === 0 ? question : { ...question, intermediates: chain })
    if (result === undefined) return undefined
    const ends = result._tag === "Failed" && round < issuerLimits.rounds ? result.ends : []
    const found = newUrls(ends, seen, domainPolicy).map((candidate) => look(candidate, recall))
    const all = [...seen, ...found]
    const missing = found.flatMap(({ fetch, target }) =>
      fetch.outcome === "pending" && target !== undefined ? [target] : []
    )
    const more = takeNew(chain, fetched, found)
    return missing.length > 0 || more.length === 0
      ? { result: withFetches(result, all), missing, sources: all.flatMap(toSource) }
      : climb(round + 1, [...fetched, ...more], all)
  }
  return climb(0, [], [])
}

interface Candidate {
  /** In canonical form, unless it is refused. */
  readonly url: string
  readonly target: Result.Result<HttpTarget, string>
}

/** A URL that was looked at. */
interface Seen {
  readonly url: string
  readonly target: HttpTarget | undefined
  readonly fetch: IssuerFetch
  readonly certificates: ReadonlyArray<Uint8Array>
}

const newUrls = (
  ends: ReadonlyArray<Uint8Array>,
  seen: ReadonlyArray<Seen>,
  policy: DomainPolicy
): ReadonlyArray<Candidate> => {
  const candidates = ends.flatMap(readIssuerUrls).map((text): Candidate => {
    const target = issuerTarget(text, policy)
    return { url: Result.isSuccess(target) ? target.success.url : text, target }
  })
  const known = new Set(seen.map(({ url }) => url))
  const distinct = [...new Map(candidates.map((candidate) => [candidate.url, candidate])).values()]
    .filter(({ url }) => !known.has(url))
    .slice(0, issuerLimits.candidates - seen.length)
  const left = issuerLimits.urls - seen.filter(({ target }) => target !== undefined).length
  const asked = new Set(distinct.filter(({ target }) => Result.isSuccess(target)).slice(0, left))
  return distinct.filter((candidate) => Result.isFailure(candidate.target) || asked.has(candidate))
}

const look = ({ target, url }: Candidate, recall: WalkInput["recall"]): Seen => {
  const shown = printable(url)
  const seen = (outcome: IssuerFetch["outcome"], detail?: string): Seen => ({
    url,
    target: Result.getOrUndefined(target),
    fetch: { url: shown, outcome, ...(detail === undefined ? {} : { detail: printable(detail) }) },
    certificates: []
  })
  if (Result.isFailure(target)) return seen("refused", target.failure)
  const answer = recall(url)
  if (answer === undefined) return seen("pending")
  return answer._tag === "Nothing"
    ? seen("failed", answer.detail)
    : { ...seen("fetched"), certificates: answer.certificates }
}

/** Certificates that are not in the chain yet, up to the limits of what is fetched for one question. */
const takeNew = (
  chain: ReadonlyArray<Uint8Array>,
  fetched: ReadonlyArray<Uint8Array>,
  found: ReadonlyArray<Seen>
): ReadonlyArray<Uint8Array> => {
  const known = new Set(chain.map(toText))
  const more: Array<Uint8Array> = []
  const room = {
    certificates: issuerLimits.fetched - fetched.length,
    octets: issuerLimits.fetchedOctets - sizeOf(fetched)
  }
  for (const der of found.flatMap(({ certificates }) => certificates)) {
    if (known.has(toText(der)) || room.certificates < 1 || room.octets < der.length) continue
    known.add(toText(der))
    more.push(der)
    room.certificates -= 1
    room.octets -= der.length
  }
  return more
}

const toText = (der: Uint8Array): string => Buffer.from(der).toString("latin1")

const sizeOf = (ders: ReadonlyArray<Uint8Array>): number => ders.reduce((sum, { length }) => sum + length, 0)

const withFetches = (result: PkixResult, seen: ReadonlyArray<Seen>): PkixResult =>
  seen.length === 0 ? result : { ...result, fetches: seen.map(({ fetch }) => fetch) }

const toSource = ({ certificates, url }: Seen) => certificates.length === 0 ? [] : [{ url, certificates }]
