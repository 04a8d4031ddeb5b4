/**
 * The state of one attempt, and the error that it ends with.
 */
import { Result } from "effect"
import type { Delegation } from "../../association/Association.ts"
import type { Hop } from "../../association/Hop.ts"
import { ResolveError } from "../../association/ResolveError.ts"
import type { VerdictCode } from "../../codes.ts"
import type { Waiting } from "../../fetch/Fetcher.ts"
import { type Lint, mostSevere } from "../../Lint.ts"
import type { Domain } from "../../question/Domain.ts"
import type { Generation } from "../../question/Generation.ts"
import type { ServiceEntry } from "../../question/Service.ts"

export interface AttemptInput {
  readonly generation: Generation
  readonly domain: Domain
  readonly service: ServiceEntry
  /** The domain is known to have published material (see {@link FetchRequest.hadMaterial}). */
  readonly hadMaterial: boolean
  readonly waiting: Waiting
}

/** State of an attempt. */
export interface AttemptState {
  readonly input: AttemptInput
  /** URLs, to detect loops. */
  readonly requested: Set<string>
  /** Hosts that reset a large ClientHello, and get a small one from then on. */
  readonly smallHello: Set<Domain>
  readonly hops: Array<Hop>
  readonly lints: Array<Lint>
  redirects: number
  referenced: boolean
  /** Earliest expiry of the documents so far (POSH-CAC-10). */
  bound: number
}

export const delegationOf = ({ redirects, referenced }: AttemptState): Delegation =>
  referenced ? (redirects > 0 ? "redirect+reference" : "reference") : (redirects > 0 ? "redirect" : "possession")

/** What is known of the last request by now. */
export const amendHop = ({ hops }: AttemptState, more: Partial<Hop>): void => {
  const hop = hops.pop()
  if (hop !== undefined) hops.push({ ...hop, ...more })
}

export const hopPath = (state: AttemptState): string => `hops[${state.hops.length - 1}]`

export const resolveError = (
  state: AttemptState,
  code: VerdictCode,
  detail?: string,
  retryAfter?: number
): ResolveError => {
  const last = state.hops.at(-1)
  return new ResolveError({
    code,
    hops: state.hops,
    lints: mostSevere(state.lints),
    ...(detail === undefined || detail === "" ? {} : { detail }),
    ...(last === undefined ? {} : { hopIndex: state.hops.length - 1, url: last.url }),
    ...(retryAfter === undefined ? {} : { retryAfterMs: retryAfter })
  })
}

export const fail = (state: AttemptState, code: VerdictCode, detail?: string, retryAfter?: number) =>
  Result.fail(resolveError(state, code, detail, retryAfter))
