/**
 * The listener: limits connections, passes requests to a handler, and drains when the service stops.
 */
import { problem } from "@posh/api"
import { Context, Deferred, type Duration, Effect, Exit, Layer, Schedule, type Scope } from "effect"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { Tls } from "../../access/Tls.ts"
import { type Settings, variables } from "../../config/variables.ts"
import { connectionOf } from "../../connections/Connection.ts"
import { connectionsOr } from "../../connections/Connections.ts"
import { bind, type ListenError, urlOf } from "../../connections/listen.ts"
import { awaitProxyHeaders } from "../../connections/proxyProtocol.ts"
import { Shutdown } from "../../process/Shutdown.ts"
import { observeConnections } from "../../telemetry/connections.ts"
import { Exchange, type Expectation, type RequestHandler } from "../Exchange.ts"
import { renderProblem, write } from "../rendered.ts"
import { makeRefusalLog } from "../telemetry/refusals.ts"
import { makeNodeServer, type NodeServer } from "./NodeServer.ts"
import { watchUnderWay } from "./underWay.ts"
import { refuseConnect, refuseUnreadable } from "./unreadable.ts"

export type ListenerSettings =
  & Pick<Settings, "host" | "port" | "maxConnections">
  & Partial<Pick<Settings, "keepAlive" | "proxyProtocol" | "trustedProxies" | "workers">>

export class Listener extends Context.Service<Listener, {
  /** With the bound port. */
  readonly url: string
  /**
   * Passes every request to the handler until the scope closes. Then no connections are accepted, and each closes after its
   * last response, or when the drain time is over.
   */
  readonly serve: (handle: RequestHandler) => Effect.Effect<void, never, Scope.Scope>
  /** Still answers, but closes each connection after its response, so that callers reconnect to another replica. */
  readonly drain: Effect.Effect<void>
  /** Does it accept connections? */
  readonly isListening: () => boolean
  /** Uses other files for new connections. An existing one of another client CA gets one more response. */
  readonly renew: (tls: Tls) => void
}>()("posh/server/http/Listener") {
  static readonly layer = (settings: ListenerSettings, tls?: Tls): Layer.Layer<Listener, ListenError> =>
    Layer.effect(Listener, makeListener(settings, tls))
}

/** Milliseconds without any transfer after which a connection is closed; longer than the longest deadline. */
const inactivityMs = 45_000

/** Maximum time for requests in progress when the service stops. */
const drainTime = "10 seconds"

/** What differs between the main listener and the operations listener. */
export interface ListenerOptions {
  /** The names of the variables that set the address, for the error message. */
  readonly variables: string
  /** Maximum time for requests in progress when the service stops. */
  readonly drainTime: Duration.Input
}

const mainOptions: ListenerOptions = { variables: `${variables.host.name}, ${variables.port.name}`, drainTime }

/** Listens until the scope closes. */
export const makeListener = (
  { host, keepAlive, maxConnections, port, proxyProtocol = false, trustedProxies = [], workers = 1 }: ListenerSettings,
  tls?: Tls,
  { drainTime, variables }: ListenerOptions = mainOptions
): Effect.Effect<Listener["Service"], ListenError, Scope.Scope> =>
  Effect.gen(function*() {
    const nodeServer = makeNodeServer(tls, { keepAlive })
    const { server } = nodeServer
    const underWay = watchUnderWay(nodeServer)
    const shutdown = yield* Shutdown
    const state: State = { handle: refuseUnready, isDraining: false }
    server.timeout = inactivityMs
    // All events that deliver a request, so that none bypasses the handler.
    server.on("request", receive(nodeServer, state, "none"))
    server.on("checkContinue", receive(nodeServer, state, "continue"))
    server.on("checkExpectation", receive(nodeServer, state, "other"))
    const log = yield* makeRefusalLog
    server.on("clientError", (error, socket) =>
      log.message(
        nodeServer.canAnswer(socket) ? refuseUnreadable(error, socket) : nodeServer.refusePlain(error, socket),
        socket
      ))
    server.on("connect", (_request, socket) => log.message(refuseConnect(socket), socket))
    yield* (yield* connectionsOr({ maxConnections, workers })).bound(server)
    yield* observeConnections(server)
    const waiting = proxyProtocol ? awaitProxyHeaders(server, trustedProxies) : undefined
    if (waiting !== undefined) {
      yield* Effect.forkScoped(Effect.repeat(Effect.sync(waiting.abortLate), Schedule.spaced("2 seconds")))
    }

    const closed = Deferred.makeUnsafe<void>()
    const close = Effect.andThen(
      Effect.sync(() => {
        waiting?.abort()
        stopAccepting(nodeServer, closed)
      }),
      Deferred.await(closed)
    )
    const cutAll = () => {
      shutdown.cut(underWay())
      server.closeAllConnections()
    }
    yield* Effect.acquireRelease(
      bind(server, { host, port, variables }),
      // The drain time is over by then.
      () => Effect.andThen(Effect.sync(() => cutAll()), close)
    )
    return {
      url: urlOf(nodeServer.scheme, server),
      serve: (handle) =>
        Effect.asVoid(Effect.acquireRelease(
          Effect.sync(() => void (state.handle = handle)),
          () => Effect.andThen(Effect.timeoutOption(close, drainTime), Effect.sync(() => state.handle = refuseUnready))
        )),
      isListening: () => server.listening,
      drain: Effect.sync(() => void (state.isDraining = true)),
      renew: nodeServer.renew
    }
  })

interface State {
  handle: RequestHandler
  /** Every response is the last of its connection. */
  isDraining: boolean
}

const receive =
  ({ isCurrent }: NodeServer, state: State, expectation: Expectation) =>
  (request: IncomingMessage, response: ServerResponse): void => {
    connectionOf(request.socket).lastResponse = response
    if (state.isDraining || !isCurrent(request)) response.shouldKeepAlive = false
    state.handle(new Exchange(request, response, expectation))
  }

/** For requests before the handler is set, and after. */
const refuseUnready: RequestHandler = ({ response }) =>
  write(response, renderProblem(problem("Overloaded", "The service is starting or stopping.")), ["retry-after", "1"])

const stopAccepting = ({ abortHandshakes, server }: NodeServer, closed: Deferred.Deferred<void>): void => {
  if (!server.listening) return
  // Otherwise the connection of a request in progress stays open for the whole keep-alive time.
  server.keepAliveTimeout = 1
  server.keepAliveTimeoutBuffer = 0
  abortHandshakes()
  server.close(() => Deferred.doneUnsafe(closed, Exit.void))
}
