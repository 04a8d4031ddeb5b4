/**
 * Opens a TLS connection that checks its peer, and does not act on the result.
 */
import { Effect } from "effect"
import { constants } from "node:crypto"
import { checkServerIdentity, connect, type ConnectionOptions, type TLSSocket } from "node:tls"
import { ordinaryName } from "./ordinaryName.ts"
import { SecureConnectError } from "./SecureConnectError.ts"

export interface Handshake {
  readonly socket: TLSSocket
  /** Ends with the handshake; `socket.authorized` then says what the ordinary check does. */
  readonly done: Effect.Effect<void>
  /** Fails with the connection. */
  readonly ended: Effect.Effect<never, SecureConnectError>
  /** Destroys the connection, and what it was opened over. */
  readonly destroy: () => void
}

/** They would read before the verdict, replace the certificate, or replace the check. */
const refused = ["checkServerIdentity", "onread", "pskCallback", "secureContext", "session"] as const

export const handshake = (options: ConnectionOptions, domain: string): Effect.Effect<Handshake, SecureConnectError> => {
  const under = options.socket
  const destroyUnder = () => {
    under?.destroy()
  }
  return Effect.gen(function*() {
    const found = refused.find((name) => Reflect.get(options, name) !== undefined)
    if (found !== undefined) return yield* invalid(`${found} is decided here`)
    if (options.rejectUnauthorized === false) return yield* invalid("rejectUnauthorized cannot be switched off")
    const name = ordinaryName(domain)
    if (name === undefined) return yield* invalid("the domain is no host name")
    const socket = yield* Effect.try({
      try: () =>
        connect({
          servername: name,
          ...options,
          // The handshake has to end before the service can be asked. `authorized` still says what the check found.
          rejectUnauthorized: false,
          checkServerIdentity: (_hostname, certificate) => checkServerIdentity(name, certificate),
          secureOptions: (options.secureOptions ?? 0) | constants.SSL_OP_NO_RENEGOTIATION
        }),
      catch: (cause) => new SecureConnectError("InvalidOptions", { detail: detailOf(cause) })
    })
    return toHandshake(socket, destroyUnder)
  }).pipe(Effect.tapError(() => Effect.sync(destroyUnder)))
}

const invalid = (detail: string) => Effect.fail(new SecureConnectError("InvalidOptions", { detail }))

const detailOf = (cause: unknown): string => cause instanceof Error ? cause.message : "unknown"

/** Listens from the first moment on: an event that comes before somebody waits for it counts as well. */
const toHandshake = (socket: TLSSocket, destroyUnder: () => void): Handshake => {
  const isSecure = Promise.withResolvers<void>()
  const isEnded = Promise.withResolvers<SecureConnectError>()
  let isDone = false
  // Stays: a socket without a listener would end the process, should it fail before its new owner listens.
  socket.on("error", (error) => {
    isEnded.resolve(new SecureConnectError(isDone ? "Closed" : "ConnectFailed", { detail: error.message }))
    socket.destroy() // an alert after the handshake leaves it open
  })
  socket.once("close", () => {
    isEnded.resolve(new SecureConnectError(isDone ? "Closed" : "ConnectFailed", { detail: "the peer closed it" }))
  })
  socket.once("secureConnect", () => {
    isDone = true
    isSecure.resolve()
  })
  return {
    socket,
    done: Effect.promise(() => isSecure.promise),
    ended: Effect.flatMap(Effect.promise(() => isEnded.promise), (error) => Effect.fail(error)),
    destroy: () => {
      socket.destroy()
      destroyUnder()
    }
  }
}
