/**
 * Queries whose answers say how far they can be believed (POSH-PRF-20): the states of RFC 4035 §4.3, as a validating
 * resolver reports them.
 */
import { Clock, Context, Effect, Layer } from "effect"
import { type DnsMessage, type DnsQuestion, type DnsRecord, type DnsType, rcodes } from "../../fetch/dns/DnsMessage.ts"
import { DnsTransport, type DnsTransportError } from "../../fetch/dns/DnsTransport.ts"
import { daneLimits } from "../../Limits.ts"
import { type Deadline, remainingMs } from "../../question/Deadline.ts"
import type { DnssecStatus, UntrustedStatus } from "./DaneLookup.ts"

/** The records of one type. */
export type RecordOf<T extends DnsType> = Extract<DnsRecord, { readonly type: T }>

export interface SecureAnswer<T extends DnsType> {
  readonly status: DnssecStatus
  /** Empty if there are none, or if the answer cannot be trusted. */
  readonly records: ReadonlyArray<RecordOf<T>>
  /**
   * Seconds for which all of this may be remembered: the least of the TTLs of records and aliases, and of what is left of
   * their signatures. 0 if the answer cannot be trusted: errors have a time of their own.
   */
  readonly ttl: number
  /** Seconds until the first of its signatures ends; absent without any. */
  readonly signedFor?: number
  /** What aliases (CNAME, DNAME) lead to; the name itself without any. */
  readonly canonicalName: string
  /** Why the answer cannot be trusted, for a person; empty otherwise. */
  readonly detail: string
}

export class SecureResolver extends Context.Service<SecureResolver, {
  /**
   * Asks for the records of a name. Never fails: what cannot be found out until the deadline is `indeterminate`.
   *
   * @param name in lower case, without a trailing dot
   */
  readonly query: <T extends DnsType>(name: string, type: T, deadline: Deadline) => Effect.Effect<SecureAnswer<T>>
}>()("posh/SecureResolver") {
  static readonly layer: Layer.Layer<SecureResolver, never, DnsTransport> = Layer.effect(
    SecureResolver,
    Effect.map(DnsTransport, ({ exchange }) =>
      SecureResolver.of({
        query: Effect.fn("SecureResolver.query")(
          function*<T extends DnsType>(name: string, type: T, deadline: Deadline) {
            yield* Effect.annotateCurrentSpan({ "dns.question.name": name, "dns.question.type": type })
            return yield* resolve(exchange, name, type).pipe(
              Effect.timeoutOrElse({
                duration: yield* remainingMs(deadline),
                orElse: () =>
                  Effect.succeed(untrusted<T>(name, "indeterminate", "there was no answer before the deadline"))
              })
            )
          }
        )
      }))
  )
}

type Ask = DnsTransport["Service"]["exchange"]

const resolve = <T extends DnsType>(ask: Ask, name: string, type: T): Effect.Effect<SecureAnswer<T>> =>
  Effect.gen(function*() {
    const message = yield* ask({ name, type })
    if (message.rcode === rcodes.serverFailure) return yield* explainFailure<T>(ask, { name, type }, message)
    return toAnswer(message, name, type, yield* Clock.currentTimeMillis)
  }).pipe(
    Effect.catch((error) => Effect.succeed(untrusted<T>(name, "indeterminate", error.detail)))
  )

/**
 * RFC 4035 §5.5: a validating resolver reports bogus data as SERVFAIL, like any other failure of its own. An extended
 * error tells which, or the same question with checking disabled: what is answered then was refused for its signatures.
 */
const explainFailure = <T extends DnsType>(
  ask: Ask,
  question: DnsQuestion,
  { extendedErrors }: DnsMessage
): Effect.Effect<SecureAnswer<T>, DnsTransportError> =>
  Effect.gen(function*() {
    const code = extendedErrors.find((one) => bogusErrors.has(one))
    if (code !== undefined) return untrusted<T>(question.name, "bogus", `${bogusErrors.get(code)} (EDE ${code})`)
    const { rcode } = yield* ask({ ...question, checkingDisabled: true })
    return rcode === rcodes.noError || rcode === rcodes.nameError
      ? untrusted<T>(question.name, "bogus", "the signatures do not validate")
      : untrusted<T>(question.name, "indeterminate", `the resolver answers with code ${rcode}`)
  })

/** RFC 8914 §4: those that mean bogus. */
const bogusErrors: ReadonlyMap<number, string> = new Map([
  [6, "the signatures do not validate"],
  [7, "a signature has expired"],
  [8, "a signature is not valid yet"],
  [9, "a DNSKEY is missing"],
  [10, "signatures are missing"],
  [11, "no key of the zone is a zone key"],
  [12, "the proof of absence is missing"]
])

/** What an answer says. PURE: `now` is in milliseconds since the epoch. */
export const toAnswer = <T extends DnsType>(
  message: DnsMessage,
  name: string,
  type: T,
  now: number
): SecureAnswer<T> => {
  const { answers, authorities, isAuthentic, rcode } = message
  if (rcode !== rcodes.noError && rcode !== rcodes.nameError) {
    return untrusted(name, "indeterminate", `the resolver answers with code ${rcode}`)
  }
  const aliases = followAliases(answers, name)
  if (aliases === undefined) return untrusted(name, "indeterminate", "there are too many aliases")
  const canonicalName = aliases.at(-1)?.target ?? name
  const records = answers.filter((record): record is RecordOf<T> =>
    record.type === type && record.name === canonicalName
  )
  if (rcode === rcodes.nameError && records.length > 0) {
    return untrusted(name, "indeterminate", "the answer contradicts itself")
  }
  const positive = [...aliases, ...records].map(({ ttl }) => ttl)
  const negative = records.length > 0 ? [] : [negativeTtl(authorities)]
  const signatures = [...answers, ...authorities].flatMap((record) =>
    record.type === "RRSIG" ? [secondsLeft(record.expiration, now)] : []
  )
  return {
    status: isAuthentic ? "secure" : "insecure",
    records,
    ttl: Math.max(0, Math.min(...positive, ...negative, ...signatures, daneLimits.ttl)),
    ...(signatures.length === 0 ? {} : { signedFor: Math.min(...signatures) }),
    canonicalName,
    detail: ""
  }
}

const untrusted = <T extends DnsType>(name: string, status: UntrustedStatus, detail: string): SecureAnswer<T> => ({
  status,
  records: [],
  ttl: 0,
  canonicalName: name,
  detail
})

interface Alias {
  readonly target: string
  readonly ttl: number
}

/** The aliases in order; `undefined`: too many. */
const followAliases = (answers: ReadonlyArray<DnsRecord>, name: string): ReadonlyArray<Alias> | undefined => {
  const followed: Array<Alias> = []
  for (;;) {
    const alias = aliasOf(answers, followed.at(-1)?.target ?? name)
    if (alias === undefined) return followed
    if (followed.length >= daneLimits.aliases) return undefined
    followed.push(alias)
  }
}

/**
 * RFC 6672 §2.2: a DNAME replaces the end of names below it. The CNAME that comes with it is made by a server and has no
 * signature, and its TTL is often 0 (§3.1), so the DNAME itself is read.
 */
const aliasOf = (answers: ReadonlyArray<DnsRecord>, name: string): Alias | undefined => {
  const dname = answers.find((record) => record.type === "DNAME" && name.endsWith(`.${record.name}`))
  if (dname?.type === "DNAME") {
    return { target: `${name.slice(0, -dname.name.length)}${dname.target}`, ttl: dname.ttl }
  }
  const cname = answers.find((record) => record.type === "CNAME" && record.name === name)
  return cname?.type === "CNAME" ? cname : undefined
}

// RFC 2308 §5: without SOA a negative answer should not be remembered.
const negativeTtl = (authorities: ReadonlyArray<DnsRecord>): number =>
  Math.min(...authorities.flatMap((record) => record.type === "SOA" ? [record.ttl, record.minimum] : [])) % Infinity ||
  0

/** Whole seconds; negative for what has expired. Serial number arithmetic (RFC 4034 §3.1.5). */
const secondsLeft = (expiration: number, now: number): number => (expiration - Math.floor(now / 1_000)) | 0
