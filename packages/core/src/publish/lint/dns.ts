/**
 * Lints about what DNS says of a service: the way to its hosts, and how long the answers hold. POSH-PUB has nothing of it; RFC 2782,
 * RFC 7671 and RFC 7673 have.
 *
 * NO HOST IS CONNECTED TO: what a server presents is compared only where somebody gives it.
 */
import type { Association } from "../../association/Association.ts"
import { type Lint, lint, mostSevere } from "../../Lint.ts"
import type { AnswerFacts, DnsFacts } from "../../proof/dane/DnsFacts.ts"
import type { AssociationReport } from "../../verdict/AssociationReport.ts"
import type { EndpointReport, TlsaReport, TlsaState } from "../../verdict/TlsaReport.ts"
import { lintRecords } from "./tlsa.ts"
import { compareTlsa } from "./tlsaMaterial.ts"

export interface DnsReport extends Pick<AssociationReport, "dns" | "tlsa"> {
  readonly association?: Pick<Association, "material">
}

/** Empty unless DNS was observed for the report. Bounded, as those of one document are. */
export const lintDns = ({ association, dns, tlsa }: DnsReport): ReadonlyArray<Lint> => {
  if (dns === undefined || tlsa === undefined) return []
  return mostSevere(distinct([
    ...lintService(tlsa, dns, association !== undefined),
    ...tlsa.endpoints.flatMap((endpoint) => lintEndpoint(endpoint, dns, tlsa.state === "records")),
    ...dns.answers.flatMap(lintAnswer),
    ...(association === undefined ? [] : compareTlsa(tlsa, dns, association.material))
  ]))
}

/** Several SRV records may lead to one host, and several hosts to the same records. */
const distinct = (lints: ReadonlyArray<Lint>): ReadonlyArray<Lint> => [
  ...new Map(lints.map((one) => [`${one.code} ${one.path} ${one.message}`, one])).values()
]

/** About the SRV records themselves. */
const lintService = (tlsa: TlsaReport, { owner }: DnsFacts, isPublished: boolean): ReadonlyArray<Lint> => {
  if (tlsa.endpoints.length === 0) return lintState(tlsa, owner, isPublished)
  return tlsa.endpointsLeftOut === 0
    ? []
    : [lint("SrvTargetsLeftOut", "info", owner, `${tlsa.endpointsLeftOut} are not looked at`)]
}

const lintEndpoint = (
  endpoint: EndpointReport,
  dns: DnsFacts,
  othersCount: boolean
): ReadonlyArray<Lint> => {
  const { port, target } = endpoint
  const base = endpoint.base ?? target
  const tlsaOwner = `_${port}.${dns.protocol}.${base}`
  const isTlsa = endpoint.state === "untrusted"
    ? endpoint.step === "tlsa"
    : endpoint.state === "not-applicable" && aboutTlsa.has(endpoint.reason)
  return [
    ...lintAlias(target, dns),
    ...(endpoint.state === "records" ? [] : lintState(endpoint, isTlsa ? tlsaOwner : target, false)),
    // A target without records does not excuse a mismatch (POSH-PRF-25).
    ...(endpoint.state === "not-applicable" && othersCount && !isNoHost.has(endpoint.reason)
      ? [lint("TlsaMissingAtHost", "warning", tlsaOwner)]
      : []),
    ...lintRecords(endpoint, tlsaOwner)
  ]
}

const aboutTlsa: ReadonlySet<string> = new Set(["TlsaAbsent", "TlsaInsecure", "NoUsableRecords"])
const isNoHost: ReadonlySet<string> = new Set(["InvalidTarget", "AddressAbsent"])

const lintState = (state: TlsaState, path: string, isPublished: boolean): ReadonlyArray<Lint> => {
  if (state.state === "records") return []
  if (state.state === "untrusted") {
    return [
      lint(state.status === "bogus" ? "DnssecRejected" : "DnsUnanswered", severityOf[state.status], path, state.detail)
    ]
  }
  switch (state.reason) {
    case "SrvAbsent":
      return [lint("SrvAbsent", "info", path)]
    case "SrvInsecure":
      return [lint("SrvInsecure", "warning", path)]
    case "NotOffered":
      // Something is published for a service that DNS says there is not.
      return [lint("SrvNotOffered", isPublished ? "warning" : "info", path)]
    case "InvalidTarget":
      return [lint("SrvTargetInvalid", "error", path)]
    case "AddressAbsent":
      return [lint("HostAddressAbsent", "error", path)]
    case "AddressInsecure":
      return [lint("HostAddressInsecure", "warning", path)]
    case "TlsaAbsent":
      return [lint("TlsaAbsent", "info", path)]
    case "TlsaInsecure":
      return [lint("TlsaInsecure", "warning", path)]
    case "NoUsableRecords":
      return [lint("TlsaNoneUsable", "warning", path)]
  }
}

// No answer may be the resolver's fault, or the network's.
const severityOf = { bogus: "error", indeterminate: "warning" } as const

/** RFC 2782: the target must not be an alias. Ours is followed (RFC 7671 §7); other clients need not do that. */
const lintAlias = (target: string, { answers }: DnsFacts): ReadonlyArray<Lint> => {
  const alias = answers.find(({ canonicalName, name, type }) =>
    name === target && (type === "A" || type === "AAAA") && canonicalName !== name
  )
  return alias === undefined ? [] : [lint("SrvTargetAlias", "warning", target, `it leads to ${alias.canonicalName}`)]
}

const day = 86_400

/**
 * How long an answer holds. A TTL THAT IS TOO SHORT CANNOT BE SEEN: a resolver counts it down.
 */
const lintAnswer = ({ name, records, signedFor, ttl, type }: AnswerFacts): ReadonlyArray<Lint> => [
  ...(records > 0 && type !== "A" && type !== "AAAA" && ttl > day
    ? [lint("DnsTtlLong", "info", name, `${type}, ${Math.floor(ttl / 3_600)} hours`)]
    : []),
  // Zones that are signed as they are asked have signatures of a day or two.
  ...(records > 0 && signedFor !== undefined && signedFor < day
    ? [lint("SignatureEndsSoon", "info", name, `${type}, in ${Math.max(0, Math.floor(signedFor / 3_600))} hours`)]
    : [])
]
