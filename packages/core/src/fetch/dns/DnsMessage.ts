/**
 * Queries and answers of DNS as values, and their wire format (RFC 1035 §4.1) by `dns-packet`, which throws on what is
 * malformed: nothing of that leaves this module.
 */
import { type Answer, decode, type DecodedPacket, encode, type PacketOpt } from "dns-packet"
import { Result } from "effect"
import { daneLimits } from "../../Limits.ts"

/** The types that are asked for. */
export type DnsType = "SRV" | "A" | "AAAA" | "TLSA"

export interface DnsQuestion {
  /** Lower case, without a trailing dot. */
  readonly name: string
  readonly type: DnsType
  /** Ask for the answer although validation fails (CD, RFC 4035 §3.2.2). Default false. */
  readonly checkingDisabled?: boolean
}

/** A record in canonical form: names in lower case, without a trailing dot. */
export type DnsRecord =
  & {
    readonly name: string
    /** Seconds. */
    readonly ttl: number
  }
  & (
    | { readonly type: "A"; readonly address: string }
    | { readonly type: "AAAA"; readonly address: string }
    | { readonly type: "CNAME" | "DNAME"; readonly target: string }
    | {
      readonly type: "SRV"
      readonly priority: number
      readonly weight: number
      readonly port: number
      /** `.` if the service is not offered (RFC 2782). */
      readonly target: string
    }
    | {
      readonly type: "TLSA"
      readonly usage: number
      readonly selector: number
      readonly matching: number
      readonly data: Uint8Array
    }
    | {
      readonly type: "RRSIG"
      /** Seconds since the epoch, modulo 2^32 (RFC 4034 §3.1.5). */
      readonly expiration: number
    }
    | {
      readonly type: "SOA"
      /** Seconds for which a negative answer may be remembered, besides the TTL (RFC 2308 §4). */
      readonly minimum: number
    }
  )

export interface DnsMessage {
  readonly id: number
  readonly isResponse: boolean
  /** Of the only question; `undefined` if there is not exactly one. */
  readonly question: { readonly name: string; readonly type: string } | undefined
  /** TC: there is more, over TCP. */
  readonly isTruncated: boolean
  /** AD (RFC 4035 §3.2.3). IT PROVES NOTHING but over a channel to a resolver that is trusted. */
  readonly isAuthentic: boolean
  /** With the upper bits of EDNS (RFC 6891 §6.1.3). */
  readonly rcode: number
  /** Records of other types and classes are left out. */
  readonly answers: ReadonlyArray<DnsRecord>
  readonly authorities: ReadonlyArray<DnsRecord>
  /** INFO-CODEs of extended errors (RFC 8914 §2). */
  readonly extendedErrors: ReadonlyArray<number>
}

export const rcodes = { noError: 0, serverFailure: 2, nameError: 3 } as const

/** Octets of a query with EDNS and DO, so that signatures come along; fails if the name cannot be encoded. */
export const encodeQuery = (
  { checkingDisabled = false, name, type }: DnsQuestion,
  id: number
): Result.Result<Uint8Array, string> =>
  isEncodable(name)
    ? Result.try({
      try: () =>
        encode({
          type: "query",
          id,
          // AD in a query asks for AD in the answer (RFC 6840 §5.7).
          flags: bits.recursionDesired | bits.authenticData | (checkingDisabled ? bits.checkingDisabled : 0),
          questions: [{ name, type, class: "IN" }],
          additionals: [{
            type: "OPT",
            name: ".",
            udpPayloadSize,
            extendedRcode: 0,
            ednsVersion: 0,
            flags: bits.dnssecOk,
            flag_do: true,
            options: []
          }]
        }),
      catch: () => "the query cannot be encoded"
    })
    : Result.fail("the name is no name of DNS")

/** Octets over UDP that need no fragments on any path (RFC 9715 §3). */
const udpPayloadSize = 1_232

const bits = {
  truncated: 1 << 9,
  recursionDesired: 1 << 8,
  authenticData: 1 << 5,
  checkingDisabled: 1 << 4,
  dnssecOk: 1 << 15
} as const

/** RFC 1035 §2.3.4; dns-packet encodes longer labels as something else. */
export const isEncodable = (name: string): boolean => name.length <= 253 && name.split(".").every(isLabel)

const isLabel = (label: string): boolean => /^[a-z0-9_-]{1,63}$/.test(label)

/** Reads an answer; fails on what is malformed, has octets left over, or more than `answerOctets` of `daneLimits`. */
export const decodeMessage = (octets: Uint8Array): Result.Result<DnsMessage, string> =>
  octets.length > daneLimits.answerOctets
    ? Result.fail("the answer is larger than 16 KiB")
    : Result.try({ try: () => toMessage(octets), catch: () => malformed }).pipe(
      Result.filterOrFail((message) => message !== undefined, () => malformed)
    )

const malformed = "the answer is malformed"

/** Is it the answer to this query (RFC 5452 §9.1)? */
export const isAnswerTo = (message: DnsMessage, { name, type }: DnsQuestion, id: number): boolean =>
  message.isResponse && message.id === id && message.question?.name === name && message.question.type === type

const toMessage = (octets: Uint8Array): DnsMessage | undefined => {
  // One octet more: dns-packet cuts data at the end of the buffer without a word, and so reads beyond the answer instead.
  const packet = decode(Buffer.concat([octets, Buffer.alloc(1)]))
  // Lengths that contradict each other end elsewhere, too.
  if (decode.bytes !== octets.length) return undefined
  const { additionals = [], answers = [], authorities = [], flags = 0, id = 0 } = packet
  const edns = additionals.find((record) => record.type === "OPT")
  return {
    id,
    isResponse: packet.flag_qr,
    question: questionOf(packet),
    isTruncated: (flags & bits.truncated) !== 0,
    isAuthentic: (flags & bits.authenticData) !== 0,
    rcode: (flags & 0xf) | ((edns?.extendedRcode ?? 0) << 4),
    answers: answers.flatMap(toRecord),
    authorities: authorities.flatMap(toRecord),
    extendedErrors: (edns?.options ?? []).flatMap(toExtendedError)
  }
}

const questionOf = ({ questions = [] }: DecodedPacket): DnsMessage["question"] => {
  const [question, ...more] = questions
  return question === undefined || more.length > 0 || question.class !== "IN"
    ? undefined
    : { name: canonical(question.name), type: question.type }
}

// A dot inside a label looks like one between labels here. No name that is asked for has one, and in data it is refused
// where a name is parsed.
const canonical = (name: string): string => name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())

const toRecord = (record: Answer): ReadonlyArray<DnsRecord> => {
  // dns-packet takes the first bit of the class for one of multicast DNS.
  if (record.type === "OPT" || record.class !== "IN" || record.flush === true) return []
  // RFC 2181 §8: the first bit of a TTL counts as zero TTL.
  const ttl = record.ttl ?? 0
  const common = { name: canonical(record.name), ttl: ttl > 0x7fff_ffff ? 0 : ttl }
  switch (record.type) {
    case "A":
    case "AAAA":
      return [{ ...common, type: record.type, address: record.data }]
    case "CNAME":
    case "DNAME":
      return [{ ...common, type: record.type, target: canonical(record.data) }]
    case "SRV": {
      const { port, priority = 0, target, weight = 0 } = record.data
      return [{ ...common, type: "SRV", priority, weight, port, target: canonical(target) }]
    }
    case "TLSA": {
      const { certificate, matchingType, selector, usage } = record.data
      return [{ ...common, type: "TLSA", usage, selector, matching: matchingType, data: new Uint8Array(certificate) }]
    }
    case "RRSIG":
      return [{ ...common, type: "RRSIG", expiration: record.data.expiration }]
    case "SOA":
      return [{ ...common, type: "SOA", minimum: record.data.minimum ?? 0 }]
    default:
      return []
  }
}

/** The option that types of dns-packet do not know. */
const extendedError: number = 15

const toExtendedError = (option: PacketOpt): ReadonlyArray<number> => {
  const code: number = option.code
  return code === extendedError && option.data !== undefined && option.data.length >= 2
    ? [option.data.readUInt16BE(0)]
    : []
}
