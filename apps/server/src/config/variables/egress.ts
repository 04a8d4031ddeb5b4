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
    meaning:
      "Roots that are trusted for fetching documents, and for `POSH_DNSSEC_RESOLVER` over TLS or HTTPS, besides those built " +
      "into Node.js.",
    consequence: "The holder of the key of one of them can vouch for any domain.",
    parse: optional(text)
  }),
  pinsFile: variable("POSH_PINS_FILE", {
    fallback: "",
    values: "path of a file with a line `host sha256/BASE64 …` for each host; `#` begins a comment",
    meaning:
      "Keys that hosts must show when documents are fetched, besides a valid certificate: of the host itself, or of an authority " +
      "in its chain.",
    consequence:
      "A listed host without any of its keys ends as `PinMismatch`, at every redirect and reference too. List the next " +
      "key before a host changes to it.",
    parse: optional(text)
  }),
  connectTo: variable("POSH_CONNECT_TO", {
    fallback: "",
    values: "`host:port=address:port`, comma-separated; empty parts on the left match any",
    meaning: "Address to connect to instead of the DNS result, like `--connect-to` of curl.",
    consequence:
      "Such addresses are exempt from the address policy. Name, SNI and certificate check remain those of the host.",
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
    meaning: "Name servers to query.",
    consequence: "Unset, the name servers of the system are used.",
    parse: list(text)
  }),
  egressProxy: variable("POSH_EGRESS_PROXY", {
    fallback: "",
    values: "`http://host:port` or `http://user:password@host:port`; user and password percent-encoded",
    meaning: "HTTP proxy (CONNECT) through which documents are fetched. TLS stays end to end with the origin.",
    consequence:
      "The service then resolves no origin name and checks no address. The proxy must resolve names and must " +
      "itself reject private, local and other addresses that are not public; otherwise every domain on the Internet can make " +
      "it connect to them. `POSH_ALLOW_NETWORKS` and `POSH_DNS_SERVERS` have no effect. Hosts in `POSH_CONNECT_TO` " +
      "are contacted directly. `HTTPS_PROXY` and similar variables are never read.",
    parse: optional((value) => Result.mapError(parseProxy(value), ({ detail }) => detail))
  }),
  userAgent: variable("POSH_USER_AGENT", {
    fallback: `posh-verifier/${productVersion}`,
    values: "1 to 256 printable ASCII characters",
    meaning: "`User-Agent` of requests to origins.",
    consequence: "Include a contact address, so that the operator of an origin can contact you.",
    parse: text
  }),
  delegation: variable("POSH_DELEGATION", {
    fallback: "any",
    values: "`any`, `same-site`, `list`",
    meaning: "Which hosts a domain may delegate to.",
    consequence: "Stricter: domains that delegate to other hosts end as `DelegationForbidden`.",
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
    consequence: "Every further port lets documents make the service connect to servers other than web servers.",
    parse: list(wholeNumber(1, 65_535))
  })
} as const
