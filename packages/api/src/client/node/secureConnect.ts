/**
 * A TLS connection whose peer is checked as usual, and by the service where that fails.
 *
 * The socket is handed out after the verdict, so nobody can write to it or read from it before (POSH-REQ-09). What the peer sends
 * earlier waits, encrypted or in the buffer of a stream that does not flow.
 */
import { Effect, Exit, Result } from "effect"
import type { ConnectionOptions, TLSSocket } from "node:tls"
import type { PromiseClient } from "../createClient.ts"
import type { ClientAnswer } from "../VerifyResult.ts"
import { handshake } from "./handshake.ts"
import { peerChain } from "./peerChain.ts"
import { type PeerIdentity, questionOf } from "./PeerIdentity.ts"
import { SecureConnectError } from "./SecureConnectError.ts"

export interface SecureConnectOptions extends PeerIdentity {
  readonly client: Pick<PromiseClient, "verify">
  /** Milliseconds for connection, handshake and question together. Default 20,000. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** A connection to whom it should be to. */
export interface SecureConnection {
  /** `authorized` is true. It does not flow: attach listeners before the next turn of the event loop. */
  readonly socket: TLSSocket
  /** The yes of the service; `undefined` where the ordinary check sufficed. At `validUntil` a long-lived stream has to be verified again. */
  readonly answer: ClientAnswer | undefined
}

/** What `tls.connect` takes, without what would make the check another one. */
export type PeerOptions = Omit<
  ConnectionOptions,
  "checkServerIdentity" | "onread" | "pskCallback" | "rejectUnauthorized" | "secureContext" | "session"
>

/**
 * Connects, and resolves with a socket whose peer is verified. In every other case the socket is destroyed, `options.socket`
 * too, and the promise rejects with a {@link SecureConnectError}.
 *
 * **Details**
 *
 * The service is asked about the certificate of this very connection, and only if the ordinary check fails: a path to a trusted
 * root, and `domain` among the names. Sessions are not resumed, and the peer cannot renegotiate.
 */
export const secureConnect = (options: PeerOptions, secure: SecureConnectOptions): Promise<SecureConnection> =>
  Effect.runPromise(
    Effect.result(Effect.catchDefect(connectTo(options, secure), () => fail("ConnectFailed", { detail: "a defect" })))
  ).then((result) => Result.isSuccess(result) ? result.success : Promise.reject(result.failure))

const connectTo = (
  options: PeerOptions,
  secure: SecureConnectOptions
): Effect.Effect<SecureConnection, SecureConnectError> =>
  Effect.acquireUseRelease(
    handshake(options, secure.domain),
    // The limits are inside: whatever ends this, the release below sees how.
    ({ done, ended, socket }) => within(secure, Effect.raceFirst(Effect.andThen(done, decide(socket, secure)), ended)),
    ({ destroy }, exit) => Exit.isSuccess(exit) ? Effect.void : Effect.sync(destroy)
  )

const fail = (...reason: ConstructorParameters<typeof SecureConnectError>) =>
  Effect.fail(new SecureConnectError(...reason))

const decide = (
  socket: TLSSocket,
  secure: SecureConnectOptions
): Effect.Effect<SecureConnection, SecureConnectError> =>
  Effect.gen(function*() {
    if (socket.isSessionReused()) return yield* fail("SessionResumed")
    const chain = peerChain(socket.getPeerCertificate(true))
    const [leaf] = chain
    if (leaf === undefined) return yield* fail("NoCertificate")
    if (socket.authorized) return { socket, answer: undefined }
    const result = yield* Effect.tryPromise({
      try: (signal) => secure.client.verify(questionOf(secure, chain), { signal }),
      catch: () => new SecureConnectError("NoAnswer")
    })
    if (result.kind !== "answer") return yield* fail("NoAnswer", { fault: result })
    const { answer } = result
    if (answer.valid !== true) return yield* fail("NotVerified", { answer })
    // An end that came meanwhile is noticed only by reading; this reads nothing.
    socket.read(0)
    yield* Effect.yieldNow
    if (socket.destroyed || socket.readableEnded) return yield* fail("Closed")
    const [now] = peerChain(socket.getPeerCertificate(true))
    if (now === undefined || Buffer.compare(now, leaf) !== 0) return yield* fail("CertificateChanged")
    // Of this connection it is true now, and libraries look here.
    Object.assign(socket, { authorized: true, authorizationError: null })
    return { socket, answer }
  })

const within = <A>(
  { signal, timeoutMs = 20_000 }: SecureConnectOptions,
  work: Effect.Effect<A, SecureConnectError>
): Effect.Effect<A, SecureConnectError> => {
  const limited = Effect.timeoutOrElse(work, { duration: timeoutMs, orElse: () => fail("TimedOut") })
  if (signal === undefined) return limited
  const aborted = Effect.callback<never, SecureConnectError>((resume) => {
    const onAbort = () => resume(fail("Aborted"))
    if (signal.aborted) return onAbort()
    signal.addEventListener("abort", onAbort, { once: true })
    return Effect.sync(() => signal.removeEventListener("abort", onAbort))
  })
  return Effect.raceFirst(aborted, limited)
}
