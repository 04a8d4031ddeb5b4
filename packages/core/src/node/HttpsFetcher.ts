/**
 * HTTPS GET to untrusted servers: to vetted addresses only, under limits, stateless (no cookies, no connection reuse).
 *
 * NO PROXY but the operator's is used, whatever the environment says (POSH-SEC-11). NOT CHECKED: revocation and
 * certificate transparency (POSH-RES-35); addresses that a proxy dials; whether a body with neither length nor chunks
 * is complete (TLS close_notify), which Node.js does not expose.
 */
import { Duration, Effect, Layer, Result } from "effect"
import { observePhase, ResolutionObserver, type ResolutionObserverShape } from "../cache/ResolutionObserver.ts"
import { Fetcher, type FetchError, type FetchRequest, type FetchResponse } from "../fetch/Fetcher.ts"
import { currentStamp } from "../question/Stamp.ts"
import { checkServers } from "./Addresses.ts"
import { dial, type Endpoint, type ProxiedEndpoint } from "./Dial.ts"
import { EgressConfigError } from "./EgressConfigError.ts"
import { EgressError } from "./EgressError.ts"
import type { EgressOptions } from "./EgressOptions.ts"
import { exchange } from "./Exchange.ts"
import { traceSince, withTrace } from "./fetchTrace.ts"
import { findEndpoint } from "./findEndpoint.ts"
import type { PeerInfo } from "./Handshake.ts"
import { checkTypes } from "./optionTypes.ts"
import { checkProxy } from "./Proxy.ts"
import { makeTrustStore, parseRoots, type TrustStore } from "./TrustStore.ts"

/** `Fetcher` over the network. Fails to build if an option is invalid. */
export const layer = (options: EgressOptions): Layer.Layer<Fetcher, EgressConfigError> =>
  Layer.effect(
    Fetcher,
    Effect.zipWith(
      Effect.fromResult(prepare(options)),
      ResolutionObserver,
      (prepared, observer) => makeFetcher({ ...prepared, observer })
    )
  )

interface EgressSetup extends EgressOptions {
  readonly trust: TrustStore
}

interface EgressContext extends EgressSetup {
  readonly observer: ResolutionObserverShape
}

/** Checks the options without building anything. The layer checks them too, and besides whether OpenSSL takes the roots. */
export const checkOptions = (options: EgressOptions): Result.Result<void, EgressConfigError> =>
  Result.gen(function*() {
    yield* checkTypes(options)
    yield* checkUserAgent(options.userAgent)
    yield* checkServers(options.dnsServers ?? [])
    if (options.proxy !== undefined) yield* checkProxy(options.proxy)
    if (options.extraCa !== undefined) yield* parseRoots(options.extraCa)
  })

/** Checks the options, and builds the trust store once. */
const prepare = (options: EgressOptions): Result.Result<EgressSetup, EgressConfigError> =>
  Result.gen(function*() {
    yield* checkOptions(options)
    return { ...options, trust: yield* makeTrustStore(options.extraCa) }
  })

const makeFetcher = (egress: EgressContext): Fetcher["Service"] => {
  const find = (request: FetchRequest) =>
    Effect.timed(findEndpoint(egress, request.target, request.limits.connectMs)).pipe(
      Effect.map(([spent, endpoint]) => fetchFrom(egress, request, endpoint, Duration.toMillis(spent))),
      withTrace({})
    )
  return Fetcher.of({ find, get: (request) => Effect.flatten(find(request)) })
}

/** The second half of a request: the exchange with the web server, within the remaining time. */
const fetchFrom = Effect.fn("Fetcher.get")(function*(
  egress: EgressContext,
  request: FetchRequest,
  endpoint: Endpoint | ProxiedEndpoint,
  spentMs: number
): Effect.fn.Return<FetchResponse, FetchError> {
  yield* Effect.annotateCurrentSpan({ "posh.domain": request.sourceDomain, "server.address": request.target.host })
  const peer: PeerInfo = {}
  const started = yield* currentStamp
  const answer = yield* fetchOnce(egress, request, endpoint, spentMs, peer).pipe(withTrace(peer))
  return { ...answer, trace: yield* traceSince(started, peer) }
})

/** The stages in order. All sockets are destroyed at the end, and on interruption. */
const fetchOnce = (
  { observer, pins, trust, userAgent }: EgressContext,
  request: FetchRequest,
  endpoint: Endpoint | ProxiedEndpoint,
  spentMs: number,
  peer: PeerInfo
) =>
  Effect.gen(function*() {
    const { limits: { connectMs }, smallHello = false, target: { host } } = request
    const context = smallHello ? trust.smallHello : trust.usual
    const connection = yield* dial({ endpoint, host, pins: pins?.get(host), trust: context, connectMs, peer, observer })
    return yield* exchange(connection, request, userAgent, "https").pipe(observePhase("exchange", observer))
  }).pipe(
    Effect.scoped,
    Effect.timeoutOrElse({
      duration: Math.max(0, request.limits.requestMs - spentMs),
      orElse: () => Effect.fail(new EgressError({ code: "ResponseTimeout", detail: `${request.limits.requestMs} ms` }))
    })
  )

/** One line of printable ASCII: it is sent unchanged in every request. */
const checkUserAgent = (userAgent: string): Result.Result<void, EgressConfigError> =>
  /^[!-~]+( [!-~]+)*$/.test(userAgent)
    ? Result.void
    : Result.fail(new EgressConfigError({ option: "userAgent", detail: "must be words of printable ASCII" }))
