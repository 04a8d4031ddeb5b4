/**
 * Listens for HTTP/2, passes calls to a handler, and drains when the service stops.
 */
import { Deferred, type Duration, Effect, Exit, Schedule, type Scope } from "effect"
import type { Tls } from "../../access/Tls.ts"
import { type Settings, variables } from "../../config/variables.ts"
import { connectionsOr } from "../../connections/Connections.ts"
import { bind, type ListenError, urlOf } from "../../connections/listen.ts"
import { awaitProxyHeaders } from "../../connections/proxyProtocol.ts"
import { Shutdown } from "../../process/Shutdown.ts"
import { observeGrpcConnections } from "../../telemetry/connections.ts"
import type { CallHandler } from "../adapter.ts"
import { makeCallServer } from "./Http2Server.ts"
import type { Sessions } from "./Sessions.ts"

export type GrpcSettings = Pick<
  Settings,
  "grpcPort" | "host" | "keepAlive" | "maxConnections" | "maxInFlight" | "proxyProtocol" | "trustedProxies" | "workers"
>

/** Maximum time for calls in progress when the service stops. */
const drainTime: Duration.Input = "10 seconds"

export interface ListenOptions {
  readonly settings: GrpcSettings
  readonly port: number
  readonly tls: Tls | undefined
  readonly sessions: Sessions
  readonly handle: CallHandler
}

export interface Listening {
  readonly url: string
  readonly stop: Effect.Effect<void>
  readonly renew: (tls: Tls) => void
}

/** Until the scope closes. */
export const listen = (
  { handle, port, sessions, settings, tls }: ListenOptions
): Effect.Effect<Listening, ListenError, Scope.Scope> =>
  Effect.gen(function*() {
    const { host, maxConnections, proxyProtocol, trustedProxies, workers } = settings
    const { abortHandshakes, renew, scheme, server } = makeCallServer(tls)
    const shutdown = yield* Shutdown
    server.on("stream", handle).on("session", sessions.open)
    server.on("sessionError", () => undefined) // the session closes itself
    const connections = yield* connectionsOr({ maxConnections, workers })
    yield* connections.bound(server)
    yield* connections.count(sessions.unread)
    yield* observeGrpcConnections(server)
    const waiting = proxyProtocol ? awaitProxyHeaders(server, trustedProxies) : undefined
    const look = Effect.sync(() => {
      waiting?.abortLate()
      sessions.sweep(performance.now())
    }).pipe(Effect.catchCause((cause) => Effect.logError("connections of gRPC could not be looked at", cause)))
    yield* Effect.forkScoped(Effect.repeat(look, Schedule.spaced("2 seconds")))

    const closed = Deferred.makeUnsafe<void>()
    const close = Effect.andThen(
      Effect.sync(() => {
        waiting?.abort()
        abortHandshakes()
        if (server.listening) server.close(() => Deferred.doneUnsafe(closed, Exit.void))
        sessions.retire()
      }),
      Deferred.await(closed)
    )
    const stop = yield* Effect.cached(
      Effect.andThen(
        Effect.timeoutOption(close, drainTime),
        Effect.sync(() => shutdown.cut(sessions.cut()))
      )
    )
    yield* Effect.acquireRelease(
      bind(server, { host, port, variables: `${variables.host.name}, ${variables.grpcPort.name}` }),
      () => stop
    )
    return {
      url: urlOf(scheme, server),
      stop,
      renew: (changed) => {
        if (renew(changed)) sessions.outdate()
      }
    }
  })
