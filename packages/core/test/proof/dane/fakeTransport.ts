/** A resolver as a table, for what a real one does not do on demand. Its answers are encoded and decoded as real ones are. */
import { type Answer, encode } from "dns-packet"
import { Effect, Layer, Result } from "effect"
import { decodeMessage } from "../../../src/fetch/dns/DnsMessage.ts"
import { DnsTransport, DnsTransportError } from "../../../src/fetch/dns/DnsTransport.ts"

export interface FakeAnswer {
  /** Default true: AD is set. */
  readonly secure?: boolean
  readonly answers?: ReadonlyArray<Answer>
  readonly authorities?: ReadonlyArray<Answer>
  readonly rcode?: number
  readonly extendedError?: number
  /** Of the answer with checking disabled. Default: as without. */
  readonly unchecked?: FakeAnswer
  /** No answer ever. */
  readonly silent?: true
  /** Fails, as where nobody listens. */
  readonly down?: true
}

/** Answers by `name type`; what is not in the table is securely absent. `asked` lists the queries in order. */
export const fakeTransport = (
  table: Readonly<Record<string, FakeAnswer>>,
  asked: Array<string> = []
): Layer.Layer<DnsTransport> =>
  Layer.succeed(
    DnsTransport,
    DnsTransport.of({
      exchange: ({ checkingDisabled = false, name, type }) =>
        Effect.suspend(() => {
          asked.push(`${name} ${type}${checkingDisabled ? " +cd" : ""}`)
          const row = table[`${name} ${type}`] ?? {}
          const answer = checkingDisabled ? row.unchecked ?? row : row
          if (answer.silent === true) return Effect.never
          if (answer.down === true) return Effect.fail(new DnsTransportError({ detail: "nobody listens" }))
          const { answers = [], authorities = [soa], extendedError, rcode = 0, secure = true } = answer
          const octets = encode({
            type: "response",
            id: 0,
            flags: (secure ? 1 << 5 : 0) | rcode,
            questions: [{ name, type }],
            answers: [...answers],
            authorities: [...authorities],
            additionals: extendedError === undefined ? [] : [{
              type: "OPT",
              name: ".",
              udpPayloadSize: 1232,
              extendedRcode: 0,
              ednsVersion: 0,
              flags: 0,
              flag_do: false,
              options: [{ code: 15 as never, data: Buffer.from([0, extendedError]) }]
            }]
          })
          return Effect.succeed(Result.getOrThrow(decodeMessage(octets)))
        })
    })
  )

/** Negative answers last 100 s. */
const soa: Answer = {
  type: "SOA",
  name: "example",
  ttl: 900,
  data: { mname: "ns.example", rname: "hostmaster.example", minimum: 100 }
}
