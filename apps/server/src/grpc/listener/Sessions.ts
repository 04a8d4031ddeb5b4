/**
 * The connections of the listener, and the calls on them: closes what is idle, silent, slow, or too old.
 */
import type { Http2Session, ServerHttp2Session } from "node:http2"
import { clientOf } from "../../connections/Connection.ts"
import type { Unread } from "../../connections/Unread.ts"
import { scopeOfMethod } from "../../methods.ts"
import { networkOf } from "../../service/limits/network.ts"
import type { CloseReason } from "../../telemetry/grpcCatalogue.ts"
import { type Call, isIdentified } from "../calls/Call.ts"
import { callLimits } from "../calls/limits.ts"
import { makePace, type Pace } from "../calls/Transfer.ts"
import { type IsFlood, makeIsFlood, type Totals } from "./Traffic.ts"

export interface Sessions {
  readonly open: (session: ServerHttp2Session) => void
  readonly begin: (call: Call) => void
  /** Looks at all of them; every few seconds. `now`: of the monotonic clock, in milliseconds. */
  readonly sweep: (now: number) => void
  /** Tells every caller to connect anew, because it must prove anew who it is. Of open calls no further question is answered. */
  readonly outdate: () => void
  /** Tells every caller to connect anew, also on connections that are yet to come. Open calls go on. */
  readonly retire: () => void
  /** Closes all at once. Returns how many calls were open. */
  readonly cut: () => number
  readonly count: () => number
  /** What their callers have not read. */
  readonly unread: () => Iterable<Unread>
}

interface SessionState {
  calls: number
  idleSince: number
  /** When it was last asked whether it lives, and has not said so; or when it last said so. */
  pingedAt: number
  isPinged: boolean
  isRetired: boolean
  /** Its client has said that it speaks HTTP/2. */
  isGreeted: boolean
  readonly openedAt: number
  /** Calls since its beginning, and octets of their bodies. */
  begun: number
  received: number
  readonly isFlood: IsFlood
}

export interface SessionsOptions {
  /** Milliseconds for which an idle connection is kept. */
  readonly keepAlive: number
  /** A limit has closed a call or a connection. */
  readonly noteClosed: (reason: CloseReason) => void
}

export const makeSessions = ({ keepAlive, noteClosed }: SessionsOptions): Sessions => {
  const sessions = new Map<Http2Session, SessionState>()
  /** Its pace from the first look on: most calls end before. */
  const calls = new Map<Call, Pace | undefined>()
  let isRetiring = false
  const retire = (session: Http2Session, state: SessionState) => {
    if (state.isRetired || session.closed) return
    state.isRetired = true
    session.close() // GOAWAY; it ends with its last call
  }
  const close = (session: Http2Session, reason: CloseReason) => {
    noteClosed(reason)
    session.destroy(undefined, calm)
  }
  const ping = (session: Http2Session, state: SessionState, now: number) => {
    if (state.isPinged) {
      if (now - state.pingedAt > callLimits.pingMs) close(session, "silent")
      return
    }
    if (now - state.pingedAt < callLimits.silentMs) return
    state.pingedAt = now
    state.isPinged = session.ping(() => void (state.isPinged = false))
  }
  const retireOpen = () => {
    for (const [session, state] of sessions) retire(session, state)
  }
  return {
    open: (session) => {
      const now = performance.now()
      const state = beginState(now)
      sessions.set(session, state)
      session.once("remoteSettings", () => void (state.isGreeted = true))
      session.on("error", () => session.destroy())
      session.once("close", () => sessions.delete(session))
    },
    begin: (call) => {
      const { stream } = call
      const { session } = stream
      const state = session === undefined ? undefined : sessions.get(session)
      if (state !== undefined) {
        state.calls += 1
        state.begun += 1
      }
      calls.set(call, undefined)
      stream.once("close", () => {
        calls.delete(call)
        if (state === undefined) return
        state.calls -= 1
        state.received += call.transfer.takeReceived()
        state.idleSince = performance.now()
        if (isRetiring && session !== undefined) retire(session, state)
      })
    },
    sweep: (now) => {
      for (const [call, known] of calls) {
        const pace = known ?? makePace(call.startedAt)
        if (known === undefined) calls.set(call, pace)
        if (isLeft(call) || call.isReset) { // one that was reset waits for a connection that takes nothing
          call.stream.destroy()
          continue
        }
        const { session } = call.stream
        const state = session === undefined ? undefined : sessions.get(session)
        if (state !== undefined) state.received += call.transfer.takeReceived()
        const slowness = slownessOf(call, pace, now)
        if (slowness === undefined) continue
        noteClosed(slowness)
        call.isReset = true
        call.stream.close(calm)
      }
      for (const [session, state] of sessions) {
        if (session.destroyed) sessions.delete(session)
        else if (!state.isGreeted && now - state.openedAt > callLimits.helloMs) close(session, "hello")
        else if (state.isFlood(totalsOf(session, state))) close(session, "flood")
        else if (state.calls > 0) ping(session, state, now)
        else if (now - state.idleSince > keepAlive + closingMs) session.destroy()
        else if (now - state.idleSince > keepAlive) retire(session, state)
      }
    },
    outdate: () => {
      for (const call of calls.keys()) call.isOutdated = true
      retireOpen()
    },
    retire: () => {
      isRetiring = true
      for (const { isOpenEnded, method, stream } of calls.keys()) {
        // Reflection: its callers need not be told more than that another replica is there.
        if (isOpenEnded && scopeOfMethod(method) === undefined) stream.close(refused)
      }
      retireOpen()
    },
    cut: () => {
      const open = calls.size
      for (const session of sessions.keys()) session.destroy()
      return open
    },
    count: () => sessions.size,
    unread: () => unreadOf(calls.keys(), (session) => close(session, "unread"))
  }
}

const beginState = (now: number): SessionState => ({
  calls: 0,
  idleSince: now,
  pingedAt: now,
  isPinged: false,
  isRetired: false,
  isGreeted: false,
  openedAt: now,
  begun: 0,
  received: 0,
  isFlood: makeIsFlood()
})

const totalsOf = (
  { socket: { bytesRead, bytesWritten } }: Http2Session,
  { begun, received }: SessionState
): Totals => ({
  read: bytesRead,
  written: bytesWritten,
  received,
  calls: begun
})

/** Milliseconds that an idle client has to close its side. */
const closingMs = 5_000

/** RFC 9113 §7: ENHANCE_YOUR_CALM, and REFUSED_STREAM, which gRPC takes for `UNAVAILABLE`. */
const calm = 0xb
const refused = 7

/**
 * Its caller has reset it without an error, and what came of its request is read by nobody: Node.js waits for that, and the call
 * would keep its place for as long as its connection lasts.
 */
const isLeft = ({ stream }: Call): boolean => stream.closed && !stream.destroyed && stream.readableLength > 0

const slownessOf = (call: Call, pace: Pace, now: number): CloseReason | undefined => {
  const { isOpenEnded, isReceived, isStream, method, startedAt, stream, transfer } = call
  if (stream.destroyed) return undefined
  const requestMs = scopeOfMethod(method) === undefined ? callLimits.openRequestMs : callLimits.requestMs
  const isLate = !isOpenEnded && !isReceived && now - startedAt > requestMs
  return isLate ? "late" : pace(transfer, { now, unread: stream.writableLength, isStream, isOpenEnded })
}

/**
 * By connection: Node.js passes on as much as flow control allows, so closing a stream would not free its octets. What has come of a
 * request and is not read any more counts as well, and so does what each call takes whose answer is complete.
 */
const unreadOf = (calls: Iterable<Call>, close: (session: Http2Session) => void): Iterable<Unread> => {
  const bySession = new Map<Http2Session, { account: string; octets: number }>()
  for (const { caller, stream } of calls) {
    const { session } = stream
    const octets = stream.writableLength +
      (stream.writableEnded ? stream.readableLength + callLimits.answeredOctets : 0)
    if (session === undefined || octets === 0) continue
    const known = bySession.get(session)
    const account = isIdentified(caller) ? caller.account : networkOf(session.destroyed ? "" : clientOf(session.socket))
    bySession.set(session, { account, octets: octets + (known?.octets ?? 0) })
  }
  return [...bySession].map(([session, { account, octets }]) => ({ account, octets, close: () => close(session) }))
}
