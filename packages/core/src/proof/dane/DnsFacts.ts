/**
 * What the answers of DNS show besides the records: for whoever looks after a zone. No verdict depends on it.
 */
import { Effect } from "effect"
import type { DnsType } from "../../fetch/dns/DnsMessage.ts"
import type { DnssecStatus, ServiceLookup } from "./DaneLookup.ts"
import { lookupService, type ServiceQuestion } from "./lookupService.ts"
import { type SecureAnswer, SecureResolver } from "./SecureResolver.ts"

/** One answer. */
export interface AnswerFacts {
  readonly name: string
  readonly type: DnsType
  readonly status: DnssecStatus
  /** Number of records. */
  readonly records: number
  /** Seconds that are left of TTLs and signatures: A RESOLVER COUNTS THEM DOWN, so this may be less than the zone says. */
  readonly ttl: number
  /** Seconds until the first signature ends. */
  readonly signedFor?: number
  /** What aliases lead to; the name itself without any. */
  readonly canonicalName: string
}

export interface DnsFacts {
  /** The name of the SRV records. */
  readonly owner: string
  /** Label of the transport protocol, with its underscore. */
  readonly protocol: string
  /** By name and type; at most as many as a look-up takes. */
  readonly answers: ReadonlyArray<AnswerFacts>
}

/** Looks a service up as a question does, and keeps what its answers show. */
export const observeService = (
  question: ServiceQuestion
): Effect.Effect<{ readonly lookup: ServiceLookup; readonly facts: DnsFacts }, never, SecureResolver> =>
  Effect.gen(function*() {
    const { query } = yield* SecureResolver
    const answers = new Map<string, AnswerFacts>()
    const observing = SecureResolver.of({
      query: (name, type, deadline) =>
        Effect.tap(
          query(name, type, deadline),
          (answer) => Effect.sync(() => void answers.set(`${name} ${type}`, toFacts(name, type, answer)))
        )
    })
    const lookup = yield* Effect.provideService(lookupService(question), SecureResolver, observing)
    const { draftDesc } = question.service
    return {
      lookup,
      facts: {
        owner: `${draftDesc}.${question.domain}`,
        protocol: draftDesc.slice(draftDesc.lastIndexOf(".") + 1),
        answers: [...answers].toSorted(([one], [other]) => one < other ? -1 : 1).map(([, facts]) => facts)
      }
    }
  })

const toFacts = <T extends DnsType>(
  name: string,
  type: T,
  { canonicalName, records, signedFor, status, ttl }: SecureAnswer<T>
): AnswerFacts => ({
  name,
  type,
  status,
  records: records.length,
  ttl,
  ...(signedFor === undefined ? {} : { signedFor }),
  canonicalName
})
