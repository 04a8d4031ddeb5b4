/**
 * HTTPS GET at a stranger's server: to vetted addresses only, under limits, with nothing sent but the question and
 * nothing kept but the answer.
 *
 * NO PROXY is used but the operator's, whatever the environment says (POSH-SEC-11). NOT CHECKED: revocation and
 * certificate transparency (POSH-RES-35); addresses, where a proxy dials them; whether a body with neither length nor
 * chunks ended on purpose, which Node.js does not say.
 */
import { Duration, Effect, Layer, Result } from "effect"
import type { SecureContext } from "node:tls"
import { observePhase, ResolutionObserver, type ResolutionObserverShape } from "../cache/ResolutionObserver.ts"
import {
  Fetcher,
  FetchError,
  type FetchRequest,
  type FetchResponse,
  type FetchTrace,
  type HttpsTarget
} from "../fetch/Fetcher.ts"
import { currentStamp, monotonicMs, type Stamp } from "../question/Stamp.ts"
import { checkServers, lookUp } from "./Addresses.ts"
import { vetAddresses } from "./AddressPolicy.ts"
import { overrideOf } from "./ConnectTo.ts"
import { dial, type Endpoint, type PeerInfo, type ProxiedEndpoint } from "./Dial.ts"
import { EgressError } from "./EgressError.ts"
import { EgressConfigError, type EgressOptions } from "./EgressOptions.ts"
import { exchange } from "./Exchange.ts"
import { checkProxy } from "./Proxy.ts"
import { makeTrustStore } from "./TrustStore.ts"

/** The network as `Fetcher`. Fails to build where an option cannot be used. */
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
  readonly trust: SecureContext
}

interface EgressContext extends EgressSetup {
  readonly observer: ResolutionObserverShape
}

/** What can be wrong with the options, and what is built once. */
const prepare = (options: EgressOptions): Result.Result<EgressSetup, EgressConfigError> =>
  Result.gen(function*() {
    yield* checkUserAgent(options.userAgent)
    yield* checkServers(options.dnsServers ?? [])
    if (options.proxy !== undefined) yield* checkProxy(options.proxy)
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

/** The second half of a request, in the time that the first one left. */
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

/** The stages in their order; everything opened on the way is destroyed at the end, also by an interruption. */
const fetchOnce = (
  { observer, trust, userAgent }: EgressContext,
  request: FetchRequest,
  endpoint: Endpoint | ProxiedEndpoint,
  spentMs: number,
  peer: PeerInfo
) =>
  Effect.gen(function*() {
    const { limits: { connectMs }, target: { host } } = request
    const connection = yield* dial({ endpoint, host, trust, connectMs, peer, observer })
    return yield* exchange(connection, request, userAgent).pipe(observePhase("exchange", observer))
  }).pipe(
    Effect.scoped,
    Effect.timeoutOrElse({
      duration: Math.max(0, request.limits.requestMs - spentMs),
      orElse: () => Effect.fail(new EgressError({ code: "ResponseTimeout", detail: `${request.limits.requestMs} ms` }))
    })
  )

/** The operator's word, else the operator's proxy, else DNS under the address policy. */
const findEndpoint = (
  { allowNetworks = [], connectTo = [], dnsServers, observer, proxy }: EgressContext,
  target: HttpsTarget,
  limitMs: number
): Effect.Effect<Endpoint | ProxiedEndpoint, EgressError> => {
  const override = overrideOf(connectTo, target)
  if (override !== undefined) return Effect.succeed({ addresses: [override.address], port: override.port })
  if (proxy !== undefined) return Effect.succeed({ proxy, port: target.port })
  return lookUp(target.host, dnsServers, limitMs).pipe(
    observePhase("dns", observer),
    Effect.flatMap((addresses) => Effect.fromResult(vetAddresses(addresses, allowNetworks))),
    Effect.map((addresses) => ({ addresses, port: target.port })),
    Effect.withSpan("Fetcher.find", { attributes: { "server.address": target.host } })
  )
}

/** Whatever fails, fails with what is known of the request by then. */
const withTrace = (peer: PeerInfo) => <A>(work: Effect.Effect<A, EgressError>): Effect.Effect<A, FetchError> =>
  Effect.flatMap(
    currentStamp,
    (started) =>
      Effect.catch(
        work,
        (error) => Effect.flatMap(traceSince(started, peer), (trace) => Effect.fail(toFetchError(error, trace)))
      )
  )

/** POSH-CAC-35: the end follows from what passed, not from what the wall clock says by then. */
const traceSince = ({ monotonicMs: since, wallMs }: Stamp, peer: PeerInfo): Effect.Effect<FetchTrace> =>
  Effect.map(monotonicMs, (now) => ({ ...peer, startedAt: wallMs, endedAt: wallMs + Math.round(now - since) }))

const toFetchError = ({ code, detail, status }: EgressError, trace: FetchTrace) =>
  new FetchError({
    code,
    ...(detail === undefined ? {} : { detail }),
    ...(status === undefined ? {} : { status }),
    trace
  })

/** One line of printable ASCII, because it goes into every request as it is. */
const checkUserAgent = (userAgent: string): Result.Result<void, EgressConfigError> =>
  /^[!-~]+( [!-~]+)*$/.test(userAgent)
    ? Result.void
    : Result.fail(new EgressConfigError({ option: "userAgent", detail: "must be words of printable ASCII" }))
