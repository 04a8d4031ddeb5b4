/**
 * What this project refuses and lets through, and the reasons where that is more or less than the registries say.
 */
import { Result } from "effect"
import { addressFault, ipv4Registry, ipv6Registry } from "../../packages/core/src/node/AddressPolicy.ts"
import { parseDomain, specialUse, specialUseNames } from "../../packages/core/src/question/Domain.ts"
import type { AddressRules } from "./addresses.ts"
import type { NameRules } from "./names.ts"

export const addressRules: AddressRules = {
  fault: (address) => addressFault(address),
  blocks: [...ipv4Registry, ...ipv6Registry].map(([block]) => block),
  own: {
    "168.63.129.16/32": "the platform service of a cloud, in a block that is public otherwise",
    "224.0.0.0/4": "multicast has a registry of its own (RFC 5771); no web server answers there"
  },
  allowed: {
    "::ffff:0.0.0.0/96": "judged as the IPv4 address that it holds (RFC 4291 §2.5.5)"
  }
}

const neverDelegated = "not delegated, by a decision of ICANN of 2018, because private networks use it"

export const nameRules: NameRules = {
  isRefused: (domain) => Result.isFailure(parseDomain(domain, { allowSpecialUse: false })),
  names: [...specialUse, ...specialUseNames],
  own: {
    arpa: "names of infrastructure (RFC 3172): the registry lists some of those below it, and no service is at any",
    internal: "reserved for private networks by ICANN, in 2024",
    home: neverDelegated,
    corp: neverDelegated,
    mail: neverDelegated,
    lan: "used in private networks (RFC 6762, appendix G)",
    localdomain: "the domain that many systems give to localhost"
  }
}
