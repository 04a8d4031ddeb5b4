/**
 * Plain HTTP GET of certificates from untrusted servers: to vetted addresses only, under limits, one connection each. It shares
 * these with `HttpsFetcher`, the operator's overrides and proxy among them, and speaks no TLS, so roots and pins have no part in it.
 *
 * It is never used for a document. Redirects are responses and are not followed.
 */
import { Duration, Effect, Layer } from "effect"
import type { ResolutionObserverShape } from "../cache/ResolutionObserver.ts"
import { CertificateFetcher } from "../fetch/certificates/CertificateFetcher.ts"
import type { FetchError, FetchRequest, FetchResponse } from "../fetch/Fetcher.ts"
import { currentStamp } from "../question/Stamp.ts"
import { type Endpoint, openTransport, type ProxiedEndpoint } from "./Dial.ts"
import type { EgressConfigError } from "./EgressConfigError.ts"
import { EgressError } from "./EgressError.ts"
import type { EgressOptions } from "./EgressOptions.ts"
import { exchange } from "./Exchange.ts"
import { traceSince, withTrace } from "./fetchTrace.ts"
import { findEndpoint } from "./findEndpoint.ts"
import type { PeerInfo } from "./Handshake.ts"
import { checkOptions } from "./HttpsFetcher.ts"

/** `CertificateFetcher` over the network. Fails to build if an option is invalid. */
export const layer = (options: EgressOptions): Layer.Layer<CertificateFetcher, EgressConfigError> =>
  Layer.effect(
    CertificateFetcher,
    Effect.map(Effect.fromResult(checkOptions(options)), () => makeCertificateFetcher(options))
  )

const makeCertificateFetcher = (options: EgressOptions): CertificateFetcher["Service"] => {
  const find = (request: FetchRequest) =>
    Effect.timed(findEndpoint({ ...options, observer: unobserved }, request.target, request.limits.connectMs)).pipe(
      Effect.map(([spent, endpoint]) => fetchFrom(options, request, endpoint, Duration.toMillis(spent))),
      withTrace({})
    )
  return CertificateFetcher.of({ find, get: (request) => Effect.flatten(find(request)) })
}

/** The phases that are measured are those of documents. */
const unobserved: Pick<ResolutionObserverShape, "passed"> = { passed: () => undefined }

const fetchFrom = Effect.fn("CertificateFetcher.get")(function*(
  { userAgent }: EgressOptions,
  request: FetchRequest,
  endpoint: Endpoint | ProxiedEndpoint,
  spentMs: number
): Effect.fn.Return<FetchResponse, FetchError> {
  const { limits: { connectMs, requestMs }, sourceDomain, target: { host } } = request
  yield* Effect.annotateCurrentSpan({ "posh.domain": sourceDomain, "server.address": host })
  const peer: PeerInfo = {}
  const started = yield* currentStamp
  const answer = yield* Effect.flatMap(
    openTransport(endpoint, host, connectMs, peer),
    (connection) => exchange(connection, request, userAgent, "http")
  ).pipe(
    Effect.scoped,
    Effect.timeoutOrElse({
      duration: Math.max(0, requestMs - spentMs),
      orElse: () => Effect.fail(new EgressError({ code: "ResponseTimeout", detail: `${requestMs} ms` }))
    }),
    withTrace(peer)
  )
  return { ...answer, trace: yield* traceSince(started, peer) }
})
