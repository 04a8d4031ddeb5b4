/**
 * A call, and the state that gate, services and metrics share about it.
 */
import { type ContextValues, createContextKey, type HandlerContext } from "@connectrpc/connect"
import type { Problem, ProblemCode } from "@posh/api"
import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2"
import type { Caller } from "../../service/Caller.ts"
import { requestIdHeader, toRequestId } from "../../telemetry/requestId.ts"
import type { Traced } from "../../telemetry/traces/Tracing.ts"
import { Transfer } from "./Transfer.ts"

/** Why a call is refused before its body is read. */
export interface AdmissionFault {
  readonly problem: Problem
  readonly challenge?: string
}

export class Call {
  readonly stream: ServerHttp2Stream
  readonly headers: IncomingHttpHeaders
  /** Milliseconds, by `performance.now()`. */
  readonly startedAt: number = performance.now()
  /** The name of its method; `other` for one that does not exist. */
  readonly method: string
  /** Set by the gate. Before, and if the gate refuses the call, a caller without a scope. */
  caller: Caller = unidentified
  /** Of the client; set by the gate. */
  address = ""
  readonly transfer = new Transfer()
  /** Set if it ended in a problem. */
  problem: ProblemCode | undefined = undefined
  /** The number of its status, once it is known. */
  status: string | undefined = undefined
  /** All octets of the request have arrived, or no more are wanted. */
  isReceived = false
  /** It may last as long as its caller likes: questions come, or results are sent, one by one. */
  readonly isStream: boolean
  /** Its request may take as long as its caller likes. */
  readonly isOpenEnded: boolean
  /** A limit has closed it. */
  isReset = false
  /** Its connection was let in by a client CA that is no longer that of the service. */
  isOutdated = false
  /** Whether it was admitted, once that is decided. */
  admission: { readonly fault: AdmissionFault | undefined } | undefined = undefined
  /** Whether it is traced, once that is decided. */
  traced: { readonly by: Traced | undefined } | undefined = undefined
  #requestId: string | undefined = undefined

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, method: string, kind = "unary") {
    this.stream = stream
    this.headers = headers
    this.method = method
    this.isStream = kind !== "unary"
    this.isOpenEnded = kind === "bidi_streaming"
  }

  /** Whom the call asks. */
  get authority(): string {
    return this.headers[":authority"] ?? this.headers.host ?? ""
  }

  /** The id of the call; made when it is first needed. */
  get requestId(): string {
    return this.#requestId ??= toRequestId(this.headers[requestIdHeader])
  }
}

/** The adapter has set it for every call. */
export const callOf = ({ values }: HandlerContext): Call => values.get(callKey)

export const withCall = (values: ContextValues, call: Call): ContextValues => values.set(callKey, call)

const callKey = createContextKey<Call>(undefined as never, { description: "the call" })

/** Before the gate: nothing that needs a scope is allowed. */
const unidentified: Caller = { name: "nobody", account: "nobody" }

/** True once the gate has let it in. */
export const isIdentified = (caller: Caller): boolean => caller !== unidentified
