/**
 * Where callers connect: bounds the connections, hands each request to the stages behind, and closes when the requests under
 * way have been answered.
 */
import { problem } from "@posh/api"
import { Context, Data, Deferred, Effect, Exit, Layer, type Scope } from "effect"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import type { Tls } from "../../access/Tls.ts"
import type { Settings } from "../../config/variables.ts"
import { Shutdown } from "../../process/Shutdown.ts"
import { Exchange, type Expectation, type RequestHandler } from "../Exchange.ts"
import { boundConnections } from "../limits/Connections.ts"
import { renderProblem, write } from "../rendered.ts"
import { connectionOf } from "./Connection.ts"
import { makeNodeServer, type NodeServer } from "./NodeServer.ts"
import { watchUnderWay } from "./underWay.ts"
import { refuseUnreadable } from "./unreadable.ts"

export type ListenerSettings = Pick<Settings, "host" | "port" | "maxConnections">

/** The address cannot be listened on. */
export class ListenError extends Data.TaggedError("ListenError")<{ readonly cause: Error }> {}

export class Listener extends Context.Service<Listener, {
  /** With the port that was bound. */
  readonly url: string
  /**
   * Hands every request to this, as long as the scope lasts. When it ends, no more connections are accepted, and each closes
   * when its last request has been answered, or when the time for that is over.
   */
  readonly serve: (handle: RequestHandler) => Effect.Effect<void, never, Scope.Scope>
  /** Goes on answering, and asks callers to connect anew, which leads them elsewhere. */
  readonly drain: Effect.Effect<void>
  /** Uses other files for connections from now on. One that was let in by another client CA gets one more answer. */
  readonly renew: (tls: Tls) => void
}>()("posh/server/http/Listener") {
  static readonly layer = (settings: ListenerSettings, tls?: Tls): Layer.Layer<Listener, ListenError> =>
    Layer.effect(Listener, makeListener(settings, tls))
}

/** Milliseconds, longer than the longest deadline: a caller that has taken nothing of an answer for so long is not going to. */
const inactivityMs = 45_000

/** How long requests under way may take when the service stops. */
const drainTime = "10 seconds"

/** Listens as long as the scope lasts. */
export const makeListener = (
  { host, maxConnections, port }: ListenerSettings,
  tls?: Tls
): Effect.Effect<Listener["Service"], ListenError, Scope.Scope> =>
  Effect.gen(function*() {
    const nodeServer = makeNodeServer(tls)
    const { server } = nodeServer
    const underWay = watchUnderWay(nodeServer)
    const shutdown = yield* Shutdown
    const state: State = { handle: refuseUnready, isDraining: false }
    server.timeout = inactivityMs
    // Every event that brings a request, so that none is answered past the stages.
    server.on("request", receive(nodeServer, state, "none"))
    server.on("checkContinue", receive(nodeServer, state, "continue"))
    server.on("checkExpectation", receive(nodeServer, state, "other"))
    server.on("clientError", (error, socket) =>
      nodeServer.canAnswer(socket) ? refuseUnreadable(error, socket) : socket.destroy())
    yield* boundConnections(server, maxConnections)

    const closed = Deferred.makeUnsafe<void>()
    const close = Effect.andThen(
      Effect.sync(() =>
        stopAccepting(nodeServer, closed)
      ),
      Deferred.await(closed)
    )
    const cutAll = () => {
      shutdown.cut(underWay())
      server.closeAllConnections()
    }
    yield* Effect.acquireRelease(
      listen(server, host, port),
      // What is still being sent by then has had its time.
      () => Effect.andThen(Effect.sync(() => cutAll()), close)
    )
    return {
      url: urlOf(nodeServer),
      serve: (handle) =>
        Effect.asVoid(Effect.acquireRelease(
          Effect.sync(() => void (state.handle = handle)),
          () => Effect.andThen(Effect.timeoutOption(close, drainTime), Effect.sync(() => state.handle = refuseUnready))
        )),
      drain: Effect.sync(() => void (state.isDraining = true)),
      renew: nodeServer.renew
    }
  })

interface State {
  handle: RequestHandler
  /** Is every answer the last of its connection? */
  isDraining: boolean
}

const receive =
  ({ isCurrent }: NodeServer, state: State, expectation: Expectation) =>
  (request: IncomingMessage, response: ServerResponse): void => {
    connectionOf(request.socket).lastResponse = response
    if (state.isDraining || !isCurrent(request)) response.shouldKeepAlive = false
    state.handle(new Exchange(request, response, expectation))
  }

/** A request that comes before the stages stand, or after, would otherwise wait in vain. */
const refuseUnready: RequestHandler = ({ response }) =>
  write(response, renderProblem(problem("Overloaded", "The service is starting or stopping.")), ["retry-after", "1"])

const listen = (server: NodeServer["server"], host: string, port: number): Effect.Effect<void, ListenError> =>
  Effect.callback((resume) => {
    const onError = (cause: Error) => resume(Effect.fail(new ListenError({ cause })))
    server.once("error", onError)
    server.listen({ host, port }, () => {
      server.off("error", onError)
      resume(Effect.void)
    })
  })

const stopAccepting = ({ abortHandshakes, server }: NodeServer, closed: Deferred.Deferred<void>): void => {
  if (!server.listening) return
  // Node.js would keep the connection of a request under way for the whole keep-alive time.
  server.keepAliveTimeout = 1
  server.keepAliveTimeoutBuffer = 0
  abortHandshakes()
  server.close(() => Deferred.doneUnsafe(closed, Exit.void))
}

const urlOf = ({ scheme, server }: NodeServer): string => {
  const { address, family, port } = server.address() as AddressInfo // it listens, and not on a path
  return `${scheme}://${family === "IPv6" ? `[${address}]` : address}:${port}`
}
