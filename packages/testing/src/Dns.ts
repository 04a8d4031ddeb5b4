/**
 * A DNS server on loopback, UDP and TCP on one port. A table gives the answers and the misbehaviour. Every answer has
 * TTL 0 by default, so no client caches what a test changes.
 */
import { decode, encode } from "dns-packet"
import type { Answer, DecodedPacket, Packet, Question, SrvData, TlsaData } from "dns-packet"
import { Effect } from "effect"
import type { Scope } from "effect"
import { createSocket } from "node:dgram"
import type { Socket as UdpSocket } from "node:dgram"
import { createServer } from "node:net"
import type { Socket } from "node:net"
import { listen, LOOPBACK } from "./listen.ts"

/** The records of one name. A missing type is NODATA, a missing name NXDOMAIN. */
export interface DnsAnswer {
  readonly a?: ReadonlyArray<string>
  readonly aaaa?: ReadonlyArray<string>
  readonly srv?: ReadonlyArray<SrvData>
  readonly tlsa?: ReadonlyArray<TlsaData>
  /** Followed within the zone, as a resolver would. */
  readonly cname?: string
  readonly rcode?: "NXDOMAIN" | "SERVFAIL" | "REFUSED"
  /** Never answers. */
  readonly silent?: true
  /** Answers to consecutive queries of a type; the last repeats. */
  readonly sequence?: ReadonlyArray<DnsAnswer>
}

export interface DnsOptions {
  /**
   * Stands in for a resolver that validates: its answers say that DNSSEC vouches for them (AD), AND NOTHING IS SIGNED. Default
   * false: an authority.
   */
  readonly authentic?: boolean
  /** Seconds. Default 0. */
  readonly ttl?: number
}

export interface DnsQuery {
  readonly at: number
  readonly name: string
  readonly type: string
  readonly transport: "udp" | "tcp"
}

export interface Dns {
  readonly port: number
  readonly address: "127.0.0.1"
  /** In the format of `Resolver.setServers`. */
  readonly server: string
  readonly queries: ReadonlyArray<DnsQuery>
  readonly set: (name: string, answer: DnsAnswer) => void
}

export const makeDns = (
  zone: Readonly<Record<string, DnsAnswer>> = {},
  options: DnsOptions = {}
): Effect.Effect<Dns, never, Scope.Scope> =>
  Effect.gen(function*() {
    const queries: Array<DnsQuery> = []
    const names = new Map(Object.entries(zone).map(([name, answer]) => [name.toLowerCase(), answer]))
    const asked = new Map<string, number>()

    const respond = (octets: Buffer, transport: DnsQuery["transport"]): Buffer | undefined => {
      const packet = decodeOrUndefined(octets)
      const question = packet?.questions?.[0]
      if (packet === undefined || question === undefined) return undefined
      const name = question.name.toLowerCase()
      queries.push({ at: Date.now(), name, type: question.type, transport })
      const key = `${name} ${question.type}`
      const count = asked.get(key) ?? 0
      asked.set(key, count + 1)
      const answer = unfold(names.get(name), count)
      return answer?.silent === true ? undefined : encode(answerOf(packet, question, answer, { names, ...options }))
    }

    const tcp = createServer((socket) => serveTcp(socket, (octets) => respond(octets, "tcp")))
    const udp = createSocket("udp4")
    udp.on("message", (octets, { address, port }) => {
      const answer = respond(octets, "udp")
      if (answer !== undefined) udp.send(answer, port, address)
    })
    // TCP picks a free port; UDP takes the same one, which is almost always free.
    const port = yield* listen(tcp)
    yield* bind(udp, port)
    return {
      port,
      address: LOOPBACK,
      server: `${LOOPBACK}:${port}`,
      queries,
      set: (name, answer) => {
        names.set(name.toLowerCase(), answer)
      }
    }
  })

const decodeOrUndefined = (octets: Buffer): DecodedPacket | undefined => {
  try {
    return decode(octets)
  } catch {
    return undefined // malformed; a server does not answer
  }
}

const unfold = (answer: DnsAnswer | undefined, count: number): DnsAnswer | undefined =>
  answer?.sequence === undefined ? answer : answer.sequence[Math.min(count, answer.sequence.length - 1)]

const RCODE = { NXDOMAIN: 3, SERVFAIL: 2, REFUSED: 5 } as const
const RECURSION = 1 << 7 // RA
const AUTHORITATIVE = 1 << 10
const AUTHENTIC = 1 << 5 // AD

interface Zone extends DnsOptions {
  readonly names: ReadonlyMap<string, DnsAnswer>
}

const answerOf = (
  { flags = 0, id }: DecodedPacket,
  question: Question,
  answer: DnsAnswer | undefined,
  zone: Zone
): Packet => {
  const rcode = RCODE[answer === undefined ? "NXDOMAIN" : answer.rcode ?? "NXDOMAIN"]
  const failed = answer === undefined || answer.rcode !== undefined
  const answers = failed ? [] : [...recordsOf(question.name, question.type, answer, zone, 8)]
  return {
    type: "response",
    ...(id === undefined ? {} : { id }),
    flags: (flags & (1 << 8)) | RECURSION | (zone.authentic === true ? AUTHENTIC : AUTHORITATIVE) |
      (failed ? rcode : 0),
    questions: [question],
    answers,
    authorities: answers.length === 0 && zone.ttl !== undefined ? [absenceOf(question.name, zone.ttl)] : []
  }
}

/** RFC 2308 §3: without SOA nobody remembers that there is nothing. */
const absenceOf = (name: string, ttl: number): Answer => ({
  type: "SOA",
  name: name.slice(name.lastIndexOf(".") + 1),
  ttl,
  data: { mname: "ns.invalid", rname: "hostmaster.invalid", minimum: ttl }
})

function* recordsOf(
  name: string,
  type: string,
  answer: DnsAnswer,
  zone: Zone,
  hops: number
): Generator<Answer> {
  const { ttl = 0 } = zone
  if (answer.cname !== undefined) {
    yield { type: "CNAME", name, ttl, data: answer.cname }
    const target = unfold(zone.names.get(answer.cname.toLowerCase()), 0)
    // Cuts a loop of aliases, as resolvers do.
    if (target !== undefined && hops > 0) yield* recordsOf(answer.cname, type, target, zone, hops - 1)
    return
  }
  if (type === "A") yield* (answer.a ?? []).map((data) => ({ type: "A", name, ttl, data }) as const)
  if (type === "AAAA") yield* (answer.aaaa ?? []).map((data) => ({ type: "AAAA", name, ttl, data }) as const)
  if (type === "SRV") yield* (answer.srv ?? []).map((data) => ({ type: "SRV", name, ttl, data }) as const)
  if (type === "TLSA") yield* (answer.tlsa ?? []).map((data) => ({ type: "TLSA", name, ttl, data }) as const)
}

const bind = (udp: UdpSocket, port: number): Effect.Effect<void, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<void>((resume) => {
      udp.once("error", (error) => resume(Effect.die(error)))
      udp.bind(port, LOOPBACK, () => resume(Effect.void))
    }),
    () => Effect.callback<void>((resume) => void udp.close(() => resume(Effect.void)))
  )

/** Messages over TCP have a length prefix (RFC 1035 §4.2.2), and may arrive in any segments. */
const serveTcp = (socket: Socket, respond: (octets: Buffer) => Buffer | undefined): void => {
  const state = { pending: Buffer.alloc(0) }
  socket.on("data", (octets: Buffer) => {
    state.pending = Buffer.concat([state.pending, octets])
    while (state.pending.length >= 2 && state.pending.length >= 2 + state.pending.readUInt16BE(0)) {
      const end = 2 + state.pending.readUInt16BE(0)
      const answer = respond(state.pending.subarray(2, end))
      state.pending = state.pending.subarray(end)
      if (answer === undefined) continue
      const size = Buffer.alloc(2)
      size.writeUInt16BE(answer.length)
      socket.write(Buffer.concat([size, answer]))
    }
  })
}
