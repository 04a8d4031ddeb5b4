/**
 * How documents are fetched, and from where.
 */
import { parseConnectTo, parseNetworks, parseProxy } from "@posh/core/node"
import { Result } from "effect"
import { productVersion } from "../../process/version.ts"
import { hostPattern, list, oneOf, optional, text, wholeNumber } from "../parsers.ts"
import { variable } from "../Variable.ts"

export const egress = {
  extraCaFile: variable("POSH_EXTRA_CA_FILE", {
    fallback: "",
    values: "path of a PEM file",
    meaning: "Roots that are trusted for fetching documents, besides those built into Node.js.",
    consequence: "Whoever holds the key of one of them can vouch for any domain.",
    parse: optional(text)
  }),
  connectTo: variable("POSH_CONNECT_TO", {
    fallback: "",
    values: "`host:port=address:port`, comma-separated; empty parts on the left match any",
    meaning: "Where to connect instead of what DNS says, as `--connect-to` of curl.",
    consequence: "Such addresses are exempt from the address policy. Name, SNI and certificate check stay the host's.",
    parse: (value) => Result.mapError(parseConnectTo(value), ({ detail }) => detail)
  }),
  allowNetworks: variable("POSH_ALLOW_NETWORKS", {
    fallback: "",
    values: "CIDR blocks, comma-separated",
    meaning: "Networks that are exempt from the address policy.",
    consequence: "Every domain on the Internet can make the service connect into these networks.",
    parse: (value) => Result.mapError(parseNetworks(value), ({ detail }) => detail)
  }),
  dnsServers: variable("POSH_DNS_SERVERS", {
    fallback: "",
    values: "`address`, `address:port` or `[address]:port`, comma-separated",
    meaning: "Name servers to ask.",
    consequence: "Unset, those of the system are asked.",
    parse: list(text)
  }),
  egressProxy: variable("POSH_EGRESS_PROXY", {
    fallback: "",
    values: "`http://host:port` or `http://user:password@host:port`; user and password percent-encoded",
    meaning: "HTTP proxy (CONNECT) through which documents are fetched. TLS stays end to end with the origin.",
    consequence: "The service then looks up no origin and checks no address: the proxy must resolve names and must " +
      "itself refuse private, local and other addresses that are not public, or every domain on the Internet can make " +
      "it connect to them. `POSH_ALLOW_NETWORKS` and `POSH_DNS_SERVERS` have no effect; what `POSH_CONNECT_TO` names " +
      "is reached directly. `HTTPS_PROXY` and its like are never read.",
    parse: optional((value) => Result.mapError(parseProxy(value), ({ detail }) => detail))
  }),
  userAgent: variable("POSH_USER_AGENT", {
    fallback: `posh-verifier/${productVersion}`,
    values: "1 to 256 printable ASCII characters",
    meaning: "What origins are told about who asks.",
    consequence: "Name a contact address in it, so that the owner of an origin knows whom to ask.",
    parse: text
  }),
  delegation: variable("POSH_DELEGATION", {
    fallback: "any",
    values: "`any`, `same-site`, `list`",
    meaning: "Which hosts a domain may delegate to.",
    consequence: "Stricter: domains that delegate elsewhere end `DelegationForbidden`.",
    parse: oneOf(["any", "same-site", "list"])
  }),
  delegationHosts: variable("POSH_DELEGATION_HOSTS", {
    fallback: "",
    values: "host names, comma-separated; `.example.net` stands for all names below",
    meaning: "The hosts of `POSH_DELEGATION=list`.",
    consequence: "Set without `POSH_DELEGATION=list` it stops the start, because it would have no effect.",
    parse: list(hostPattern)
  }),
  allowedPorts: variable("POSH_ALLOWED_PORTS", {
    fallback: "443",
    values: "ports from 1 to 65535, comma-separated",
    meaning: "Ports that redirects and references may name.",
    consequence: "Every further port lets documents make the service connect to more than web servers.",
    parse: list(wholeNumber(1, 65_535))
  })
} as const
