/**
 * `DnsTransport` to the operator's validating resolver, over a channel that nobody else can write to (POSH-PRF-20).
 */
import { Effect, Layer, Result, type Scope, Semaphore } from "effect"
import type { SecureContext } from "node:tls"
import { DnsTransport } from "../../fetch/dns/DnsTransport.ts"
import { daneLimits } from "../../Limits.ts"
import { checkServers } from "../Addresses.ts"
import type { ConnectTo } from "../ConnectTo.ts"
import type { EgressConfigError } from "../EgressConfigError.ts"
import { slicedSleep } from "../slicedSleep.ts"
import { makeTrustStore } from "../TrustStore.ts"
import { type Ask, transportError } from "./ask.ts"
import { openTcp, openTls } from "./connect.ts"
import { makeHttps } from "./https.ts"
import type { ResolverEndpoint } from "./ResolverUrl.ts"
import { makeStream } from "./stream.ts"
import { makeUdp } from "./udp.ts"

export interface ValidatingResolverOptions {
  /** What `parseResolver` gives. */
  readonly endpoint: ResolverEndpoint
  /**
   * PEM certificates that are trusted roots for `tls` and `https`, besides those built into Node.js. Default: none. A function is
   * called for each query: from a change on, connections are opened anew; a text that cannot be used changes nothing.
   */
  readonly extraCa?: string | (() => string | undefined)
  /** Where to connect instead of looking the name up, for `tls` and `https`. Default: empty. */
  readonly connectTo?: ConnectTo
  /** Name servers for the name of the resolver itself. Default: those of the system. */
  readonly dnsServers?: ReadonlyArray<string>
  /** Milliseconds of one try; for tests. Default: `tryMs` of `daneLimits`. */
  readonly tryMs?: number
}

/**
 * Asks a resolver. Each query is tried twice, and a bounded number is under way at the same time.
 *
 * **Gotchas**
 *
 * NO PROXY is used. WHETHER THE RESOLVER VALIDATES IS NOT CHECKED: of one that does not, every answer is insecure.
 */
export const layer = (options: ValidatingResolverOptions): Layer.Layer<DnsTransport, EgressConfigError> =>
  Layer.effect(
    DnsTransport,
    Effect.gen(function*() {
      const once = yield* makeAsk(options)
      const places = yield* Semaphore.make(daneLimits.inFlight)
      const { tryMs = daneLimits.tryMs } = options
      return DnsTransport.of({
        exchange: (question) =>
          once(question).pipe(
            within(tryMs),
            Effect.retry({ times: daneLimits.tries - 1 }),
            places.withPermits(1),
            Effect.withSpan("DnsTransport.exchange", {
              attributes: { "network.protocol.name": options.endpoint.protocol }
            })
          )
      })
    })
  )

const within = (ms: number) => <A>(asking: Effect.Effect<A, ReturnType<typeof transportError>>) =>
  Effect.raceFirst(
    asking,
    Effect.andThen(
      slicedSleep(ms),
      Effect.suspend(() => Effect.fail(transportError(`the resolver gave no answer within ${ms} ms`)))
    )
  )

const makeAsk = (options: ValidatingResolverOptions): Effect.Effect<Ask, EgressConfigError, Scope.Scope> =>
  Effect.gen(function*() {
    const { connectTo = [], dnsServers, endpoint, extraCa } = options
    if (endpoint.protocol === "dns") return yield* makePlain(endpoint.address, endpoint.port)

    yield* Effect.fromResult(checkServers(dnsServers ?? []))
    const trust = yield* Effect.fromResult(followRoots(extraCa))
    const { name, port } = endpoint
    const base = { name, port, trust, connectTo, dnsServers }
    if (endpoint.protocol === "tls") {
      return yield* whole(makeStream(openTls({ ...base, address: endpoint.address, protocols: ["dot"] }), trust))
    }
    const resource = { origin: `https://${name}:${port}`, path: endpoint.path }
    return yield* whole(makeHttps(resource, openTls({ ...base, protocols: ["h2", "http/1.1"] }), trust))
  })

/** The trust of the moment: another object after each change. Fails if there is none at the start. */
const followRoots = (
  extraCa: ValidatingResolverOptions["extraCa"]
): Result.Result<() => SecureContext, EgressConfigError> => {
  const current = typeof extraCa === "function" ? extraCa : () => extraCa
  const first = current()
  return Result.map(makeTrustStore(first), ({ usual }) => {
    const state = { text: first, trust: usual }
    return () => {
      const text = current()
      if (text === state.text) return state.trust
      state.text = text
      const changed = makeTrustStore(text)
      if (Result.isSuccess(changed)) state.trust = changed.success.usual
      return state.trust
    }
  })
}

/** RFC 7766 §5: what is truncated over UDP is asked again over TCP. */
const makePlain = (address: string, port: number): Effect.Effect<Ask, never, Scope.Scope> =>
  Effect.map(whole(makeStream(openTcp(address, port))), (overTcp): Ask => {
    const overUdp = makeUdp(address, port)
    return (question) =>
      Effect.flatMap(overUdp(question), (message) => message.isTruncated ? overTcp(question) : Effect.succeed(message))
  })

/** A part of an answer is no answer: records that are missing could turn a mismatch into none. */
const whole = (making: Effect.Effect<Ask, never, Scope.Scope>): Effect.Effect<Ask, never, Scope.Scope> =>
  Effect.map(
    making,
    (ask): Ask => (question) =>
      Effect.filterOrFail(ask(question), (message) =>
        !message.isTruncated, () =>
        transportError("the answer is truncated"))
  )
