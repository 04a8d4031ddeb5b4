/**
 * What is known of a request, whether it succeeds or fails.
 */
import { Effect } from "effect"
import { FetchError, type FetchTrace } from "../fetch/Fetcher.ts"
import { currentStamp, monotonicMs, type Stamp } from "../question/Stamp.ts"
import type { EgressError } from "./EgressError.ts"
import type { PeerInfo } from "./Handshake.ts"

/** Adds the trace to an error: what is known of the request so far. */
export const withTrace = (peer: PeerInfo) => <A>(work: Effect.Effect<A, EgressError>): Effect.Effect<A, FetchError> =>
  Effect.flatMap(
    currentStamp,
    (started) =>
      Effect.catch(
        work,
        (error) => Effect.flatMap(traceSince(started, peer), (trace) => Effect.fail(toFetchError(error, trace)))
      )
  )

/** POSH-CAC-35: the end is the start plus monotonic time; the wall clock may have been set meanwhile. */
export const traceSince = ({ monotonicMs: since, wallMs }: Stamp, peer: PeerInfo): Effect.Effect<FetchTrace> =>
  Effect.map(monotonicMs, (now) => ({ ...peer, startedAt: wallMs, endedAt: wallMs + Math.round(now - since) }))

const toFetchError = ({ code, detail, helloReset, status }: EgressError, trace: FetchTrace) =>
  new FetchError({
    code,
    ...(detail === undefined ? {} : { detail }),
    ...(status === undefined ? {} : { status }),
    ...(helloReset === undefined ? {} : { helloReset }),
    trace
  })
