/**
 * DNS over HTTPS (RFC 8484): POST, over HTTP/2 or HTTP/1.1, on one connection that queries share.
 */
import { Effect, Result, type Scope } from "effect"
import type { TLSSocket } from "node:tls"
import { Client, type Dispatcher } from "undici"
import {
  decodeMessage,
  type DnsMessage,
  type DnsQuestion,
  type DnsRecord,
  isAnswerTo
} from "../../fetch/dns/DnsMessage.ts"
import type { DnsTransportError } from "../../fetch/dns/DnsTransport.ts"
import { daneLimits } from "../../Limits.ts"
import type { EgressError } from "../EgressError.ts"
import { closedError } from "../tlsError.ts"
import { type Ask, encoded, toTransportError, transportError } from "./ask.ts"
import { type Hearing, makeHearing, makeReused, type Reusable } from "./Reused.ts"

export interface HttpsResource {
  readonly origin: string
  readonly path: string
}

/** Asks over connections that `open` opens. REDIRECTS ARE NOT FOLLOWED. `basis`: see {@link makeReused}. */
export const makeHttps = (
  resource: HttpsResource,
  open: Effect.Effect<TLSSocket, EgressError, Scope.Scope>,
  basis?: () => unknown
): Effect.Effect<Ask, never, Scope.Scope> =>
  Effect.map(
    makeReused(Effect.map(Effect.mapError(open, toTransportError), (socket) => toConnection(resource, socket)), basis),
    (connection) => (question) =>
      // RFC 8484 §4.1: id 0, as the connection tells answers apart.
      Effect.flatMap(encoded(question, 0), (octets) =>
        Effect.flatMap(connection, (opened) => post(opened, resource.path, octets)).pipe(
          Effect.flatMap((response) => toAnswer(response, question))
        ))
  )

interface Connection extends Reusable {
  readonly client: Client
  readonly hearing: Hearing
}

const toConnection = ({ origin }: HttpsResource, socket: TLSSocket): Connection => {
  const client = new Client(origin, {
    allowH2: true,
    keepAliveTimeout: 10_000,
    headersTimeout: 0, // the caller limits the time
    bodyTimeout: 0,
    // In a microtask: undici misses a synchronous callback. It asks again where the connection has ended.
    connect: (_options, callback) =>
      queueMicrotask(() => socket.destroyed ? callback(closedError, null) : callback(null, socket))
  })
  return {
    socket,
    hearing: makeHearing(socket),
    client,
    // It waits for the requests under way.
    retire: () => client.close(() => void socket.destroy())
  }
}

const mediaType = "application/dns-message"

interface Response {
  readonly body: Uint8Array
  /** Seconds that caches on the way kept it. */
  readonly age: number
}

const post = (
  { client, hearing }: Connection,
  path: string,
  octets: Uint8Array
): Effect.Effect<Response, DnsTransportError> =>
  Effect.callback((resume) => {
    const state: { controller?: Dispatcher.DispatchController; octets: number; age: number; done: boolean } = {
      octets: 0,
      age: 0,
      done: false
    }
    const body: Array<Buffer> = []
    const settle = (result: Effect.Effect<Response, DnsTransportError>) => {
      state.done = true
      resume(result)
    }
    const abort = () => {
      if (!state.done) state.controller?.abort(new Error("aborted"))
      state.done = true
    }
    const refuse = (detail: string) => {
      resume(Effect.fail(transportError(detail)))
      abort()
    }
    client.dispatch(
      { method: "POST", path, headers: { "accept": mediaType, "content-type": mediaType }, body: Buffer.from(octets) },
      {
        onRequestStart: (controller) => {
          state.controller = controller
          if (state.done) controller.abort(new Error("aborted"))
        },
        onResponseStart: (_controller, status, headers) => {
          hearing.heard()
          if (status < 200) return
          if (status !== 200) return refuse(`the resolver answers with HTTP status ${status}`)
          if (headers["content-type"] !== mediaType) return refuse(`the resolver does not answer with ${mediaType}`)
          state.age = ageOf(headers["age"])
        },
        onResponseData: (_controller, chunk) => {
          state.octets += chunk.length
          if (state.octets > daneLimits.answerOctets) return refuse("the answer is larger than 16 KiB")
          body.push(chunk)
        },
        onResponseEnd: () => settle(Effect.succeed({ body: Buffer.concat(body), age: state.age })),
        onResponseError: () => settle(Effect.fail(transportError("the exchange over HTTPS broke off")))
      }
    )
    return Effect.sync(() => {
      hearing.unanswered()
      abort()
    })
  })

/** What is no number of seconds makes an answer too old to be remembered. */
const ageOf = (value: string | ReadonlyArray<string> | undefined): number => {
  if (value === undefined) return 0
  return typeof value === "string" && /^\d{1,9}$/.test(value) ? Number(value) : Number.POSITIVE_INFINITY
}

const toAnswer = (
  { age, body }: Response,
  question: DnsQuestion
): Effect.Effect<DnsMessage, DnsTransportError> => {
  const message = decodeMessage(body)
  if (Result.isFailure(message)) return Effect.fail(transportError(message.failure))
  return isAnswerTo(message.success, question, 0)
    ? Effect.succeed(aged(message.success, age))
    : Effect.fail(transportError("the answer is one to another question"))
}

/** RFC 8484 §5.1: TTLs count from when the answer was made. */
const aged = (message: DnsMessage, age: number): DnsMessage => {
  const older = (record: DnsRecord): DnsRecord => Object.assign({}, record, { ttl: Math.max(0, record.ttl - age) })
  return age === 0
    ? message
    : { ...message, answers: message.answers.map(older), authorities: message.authorities.map(older) }
}
