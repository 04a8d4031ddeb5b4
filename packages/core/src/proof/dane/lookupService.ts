/**
 * Looks up what DANE says of a service: SRV, then addresses, then TLSA, each only below what is secure (POSH-PRF-21,
 * RFC 7673 §3).
 */
import { Clock, Effect, Result } from "effect"
import { quote } from "../../encoding/quote.ts"
import { isEncodable } from "../../fetch/dns/DnsMessage.ts"
import { daneLimits } from "../../Limits.ts"
import type { Deadline } from "../../question/Deadline.ts"
import { type Domain, type DomainPolicy, parseDomain } from "../../question/Domain.ts"
import type { ServiceEntry } from "../../question/Service.ts"
import type { EndpointLookup, LookupStep, ServiceLookup, UntrustedStatus } from "./DaneLookup.ts"
import { type RecordOf, type SecureAnswer, SecureResolver } from "./SecureResolver.ts"

export interface ServiceQuestion {
  readonly domain: Domain
  readonly service: ServiceEntry
  /** Of the targets that SRV names. */
  readonly domainPolicy: DomainPolicy
  readonly deadline: Deadline
}

/** Looks up a service. Never fails: what cannot be found out is part of the result. */
export const lookupService = Effect.fn("Dane.lookupService")(
  function*({ deadline, domain, domainPolicy, service }: ServiceQuestion): Effect.fn.Return<
    ServiceLookup,
    never,
    SecureResolver
  > {
    yield* Effect.annotateCurrentSpan({ "posh.domain": domain, "posh.service": service.key })
    const resolver = yield* SecureResolver
    const resolvedAt = yield* Clock.currentTimeMillis
    const owner = `${service.draftDesc}.${domain}`
    // No record can stand at a name that is too long.
    if (!isEncodable(owner)) return { resolvedAt, ttl: daneLimits.ttl, ...notApplicable("SrvAbsent") }
    const srv = yield* resolver.query(owner, "SRV", deadline)
    const { ttl } = srv
    const untrusted = untrustedAt("srv", [srv])
    if (untrusted !== undefined) return { resolvedAt, ttl, ...untrusted }
    if (srv.records.length === 0) return { resolvedAt, ttl, ...notApplicable("SrvAbsent") }
    if (srv.status === "insecure") return { resolvedAt, ttl, ...notApplicable("SrvInsecure") }

    const targets = byPreference(srv.records.filter(({ target }) => target !== "."))
    if (targets.length === 0) return { resolvedAt, ttl, ...notApplicable("NotOffered") }
    const protocol = service.draftDesc.slice(service.draftDesc.lastIndexOf(".") + 1)
    const endpoints = yield* Effect.forEach(
      targets.slice(0, daneLimits.targets),
      (target) => lookupEndpoint({ deadline, domainPolicy, protocol, target }),
      { concurrency: 4 }
    )
    return { resolvedAt, ttl, kind: "endpoints", endpoints, leftOut: Math.max(0, targets.length - daneLimits.targets) }
  }
)

/**
 * RFC 2782: the lowest priority first. Of one priority the greatest weight first, where clients draw lots: all are looked up,
 * so the order decides only which are left out.
 */
const byPreference = (records: ReadonlyArray<RecordOf<"SRV">>): ReadonlyArray<RecordOf<"SRV">> => {
  const sorted = records.toSorted((one, other) => one.priority - other.priority || other.weight - one.weight)
  // A target that is named twice has the place of the first.
  return [...new Map(sorted.map((record) => [`${record.target}:${record.port}`, record])).values()]
}

interface EndpointQuestion extends Pick<ServiceQuestion, "deadline" | "domainPolicy"> {
  readonly target: RecordOf<"SRV">
  /** Label of the transport protocol, with its underscore. */
  readonly protocol: string
}

const lookupEndpoint = (question: EndpointQuestion): Effect.Effect<EndpointLookup, never, SecureResolver> =>
  Effect.gen(function*() {
    const { deadline, domainPolicy, protocol, target: { port, target: name } } = question
    const place = { target: quote(name), port }
    const parsed = parseDomain(name, domainPolicy)
    if (Result.isFailure(parsed) || port === 0) {
      return { ...place, ttl: daneLimits.ttl, ...notApplicable("InvalidTarget") }
    }

    const target = parsed.success
    const resolver = yield* SecureResolver
    const ask = (type: "A" | "AAAA") => resolver.query(target, type, deadline)
    const addresses = yield* Effect.all([ask("A"), ask("AAAA")], { concurrency: 2 })
    const untrusted = untrustedAt("address", addresses)
    if (untrusted !== undefined) return { ...place, ttl: 0, ...untrusted }
    const found = addresses.filter(({ records }) => records.length > 0)
    if (found.length === 0) return { ...place, ttl: leastTtl(addresses), ...notApplicable("AddressAbsent") }
    // What there is, is what the rest stands on: an address of the other kind would change nothing.
    const ttl = leastTtl(found)
    // RFC 7673 §3.2: no query for TLSA unless an address is secure.
    const secure = found.find(({ status }) => status === "secure")
    if (secure === undefined) return { ...place, ttl, ...notApplicable("AddressInsecure") }

    const bases = basesOf(target, secure.canonicalName, domainPolicy)
    return { ...place, ...(yield* lookupRecords(bases, `_${port}.${protocol}`, deadline, ttl)) }
  })

/**
 * RFC 7671 §7: what the target's aliases lead to is preferred as the base, and the target is the other candidate. Both are
 * secure here, as one answer had them all. Aliases of the TLSA record itself change no base.
 */
const basesOf = (target: Domain, canonicalName: string, policy: DomainPolicy): ReadonlyArray<Domain> => {
  const canonical = parseDomain(canonicalName, policy)
  return Result.isSuccess(canonical) && canonical.success !== target ? [canonical.success, target] : [target]
}

type EndpointResult = EndpointLookup extends infer E ? E extends EndpointLookup ? Omit<E, "target" | "port"> : never
  : never

/** `ttl`: of what was looked up before. */
const lookupRecords = (
  [base, ...others]: ReadonlyArray<Domain>,
  prefix: string,
  deadline: Deadline,
  ttl: number
): Effect.Effect<EndpointResult, never, SecureResolver> =>
  Effect.gen(function*() {
    const owner = `${prefix}.${base}`
    if (base === undefined || !isEncodable(owner)) return { ttl, ...notApplicable("TlsaAbsent") }
    const answer = yield* SecureResolver.use((resolver) => resolver.query(owner, "TLSA", deadline))
    const least = Math.min(ttl, answer.ttl)
    const untrusted = untrustedAt("tlsa", [answer])
    if (untrusted !== undefined) return { ttl: least, ...untrusted }
    if (answer.status === "secure" && answer.records.length > 0) {
      return { ttl: least, kind: "records", base, records: answer.records }
    }
    if (others.length > 0) return yield* lookupRecords(others, prefix, deadline, least)
    return { ttl: least, ...notApplicable(answer.records.length === 0 ? "TlsaAbsent" : "TlsaInsecure") }
  })

const leastTtl = (answers: ReadonlyArray<{ readonly ttl: number }>): number =>
  Math.min(...answers.map(({ ttl }) => ttl))

const notApplicable = <const R extends string>(reason: R) => ({ kind: "not-applicable", reason }) as const

/** The first answer that is neither secure nor insecure: bogus before indeterminate. */
const untrustedAt = (
  step: LookupStep,
  answers: ReadonlyArray<Pick<SecureAnswer<"A">, "detail" | "status">>
):
  | { readonly kind: "untrusted"; readonly step: LookupStep; readonly status: UntrustedStatus; readonly detail: string }
  | undefined =>
{
  for (const status of ["bogus", "indeterminate"] as const) {
    const answer = answers.find((one) => one.status === status)
    if (answer !== undefined) return { kind: "untrusted", step, status, detail: answer.detail }
  }
  return undefined
}
