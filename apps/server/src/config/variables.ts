/**
 * Every variable of the environment that the service reads, as data: what is parsed, documented and defaulted here is
 * one row, so that code and `docs/reference/configuration.md` cannot differ.
 */
import { parseConnectTo, parseNetworks, parseProxy } from "@posh/core/node"
import { Result } from "effect"
import { parseSecrets, redisPrefix } from "../redis/parsers.ts"
import { parseServers, redisModes } from "../redis/Servers.ts"
import { productVersion } from "../version.ts"
import {
  boolean,
  duration,
  hostPattern,
  list,
  listenAddress,
  oneOf,
  optional,
  orWord,
  type Parse,
  text,
  unsupported,
  wholeNumber
} from "./parsers.ts"

/** One variable: how it is read, and what an operator wants to know of it. */
export interface Variable<A> {
  readonly name: `POSH_${string}`
  /** As it would be written; empty where the variable is unset by default. */
  readonly fallback: string
  /** Unit and admissible values, for people. */
  readonly values: string
  readonly meaning: string
  /** What follows from changing it. */
  readonly consequence: string
  readonly parse: Parse<A>
}

const variable = <A>(name: Variable<A>["name"], row: Omit<Variable<A>, "name">): Variable<A> => ({ name, ...row })

const notSupported = "keys are not supported yet; unset it, and keep the service on a loopback address"

/** All of them, in the order of the reference. */
export const variables = {
  host: variable("POSH_HOST", {
    fallback: "127.0.0.1",
    values: "an IP address, or `localhost`",
    meaning: "Address of the HTTP listener.",
    consequence: "Anything but a loopback address makes the service reachable for others, and needs `POSH_AUTH=none`.",
    parse: listenAddress
  }),
  port: variable("POSH_PORT", {
    fallback: "8080",
    values: "0 to 65535",
    meaning: "Port of the HTTP listener.",
    consequence: "0 picks a free port; the line printed at start names it.",
    parse: wholeNumber(0, 65_535)
  }),
  auth: variable("POSH_AUTH", {
    fallback: "",
    values: "`none`, or unset",
    meaning: "Whether callers must show a key.",
    consequence: "`none`: everybody who reaches the listener may ask, refresh and forget. Say so only behind a guard.",
    parse: optional(oneOf(["none"]))
  }),
  apiKeys: variable("POSH_API_KEYS", {
    fallback: "",
    values: "must be unset",
    meaning: "Reserved for the keys of callers.",
    consequence: "Set, it stops the start: keys are not supported yet, and an open service must not look closed.",
    parse: unsupported(notSupported)
  }),
  apiKeysFile: variable("POSH_API_KEYS_FILE", {
    fallback: "",
    values: "must be unset",
    meaning: "Reserved for a file with the keys of callers.",
    consequence: "As `POSH_API_KEYS`.",
    parse: unsupported(notSupported)
  }),
  cacheEntries: variable("POSH_CACHE_ENTRIES", {
    fallback: "100000",
    values: "1 to 50000000 entries",
    meaning: "Bound of the memory cache. One entry is one domain, service and generation.",
    consequence: "More entries take more memory (about 1.5 KiB each); fewer mean that domains are asked again sooner.",
    parse: wholeNumber(1, 50_000_000)
  }),
  redisUrl: variable("POSH_REDIS_URL", {
    fallback: "",
    values:
      "`redis://user:password@host:port/database` or `rediss://…` for TLS, comma-separated where there are several",
    meaning: "Redis (7.0 or later) that all replicas share what they learned in.",
    consequence:
      "Unset, every replica learns for itself. Percent-encode user and password. Sentinels: their URLs, with " +
      "`?name=` and the master group, and `&sentinelUser=`, `&sentinelPassword=` where they want their own. " +
      "`NODE_EXTRA_CA_CERTS` of Node.js adds roots for TLS.",
    parse: optional(parseServers)
  }),
  redisMode: variable("POSH_REDIS_MODE", {
    fallback: "standalone",
    values: "`standalone`, `cluster`, `sentinel`",
    meaning: "What `POSH_REDIS_URL` names: one server, some nodes of a cluster, or some sentinels.",
    consequence: "A mode that does not fit the URLs stops the start.",
    parse: oneOf(redisModes)
  }),
  redisPrefix: variable("POSH_REDIS_PREFIX", {
    fallback: "posh:",
    values: "1 to 64 letters, digits and `:._/-`",
    meaning: "What the keys in Redis begin with.",
    consequence: "Replicas with another prefix share nothing.",
    parse: redisPrefix
  }),
  redisTimeout: variable("POSH_REDIS_TIMEOUT", {
    fallback: "100ms",
    values: "a duration from `10ms` to `5s`",
    meaning: "How long one command may take.",
    consequence:
      "After one that took longer, Redis is left alone for 5 s. Longer: questions wait longer for a slow Redis.",
    parse: duration("10ms", "5s")
  }),
  cacheSecret: variable("POSH_CACHE_SECRET", {
    fallback: "",
    values: "secrets of 32 characters or more, comma-separated",
    meaning: "Seals entries in Redis: the first secret seals, all of them open.",
    consequence:
      "Unset, who can write to Redis can forge answers. To rotate, put the new secret first and keep the old.",
    parse: optional(parseSecrets)
  }),
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
  allowSpecialUseDomains: variable("POSH_ALLOW_SPECIAL_USE_DOMAINS", {
    fallback: "false",
    values: "`true`, `false`",
    meaning: "Accept names that never resolve publicly, such as `.test` and `.example`.",
    consequence: "For tests and demonstrations: names of the local network become questions.",
    parse: boolean
  }),
  generations: variable("POSH_GENERATIONS", {
    fallback: "rfc-then-draft",
    values: "`rfc-then-draft`, `rfc-only`, `draft-only`",
    meaning: "Which generations of the protocol are asked where the question does not say.",
    consequence: "`rfc-only` loses domains that publish JWK Sets alone; `draft-only` loses all others.",
    parse: oneOf(["rfc-then-draft", "rfc-only", "draft-only"])
  }),
  draftRevalidate: variable("POSH_DRAFT_REVALIDATE", {
    fallback: "24h",
    values: "a duration from `1m` to `7d`",
    meaning: "Age at which JWK Sets are asked for again.",
    consequence: "Longer: less traffic, and a withdrawn certificate stays acceptable longer.",
    parse: duration("1m", "7d")
  }),
  draftGrace: variable("POSH_DRAFT_GRACE", {
    fallback: "7d",
    values: "a duration from `0` to `36500d`, or `certificate`",
    meaning: "How long a JWK Set serves where its source cannot be asked.",
    consequence:
      "`certificate`: as long as the certificate itself. Longer: outages hurt less, withdrawals reach you later.",
    parse: orWord("certificate", Number.POSITIVE_INFINITY, duration("0", "36500d"))
  }),
  maxLifetime: variable("POSH_MAX_LIFETIME", {
    fallback: "7d",
    values: "a duration from `0` to `7d`",
    meaning: "Cap on the lifetime of RFC 7711 material, whatever `expires` says.",
    consequence: "Shorter: changes reach you sooner, and domains are asked more often. `0`: nothing is remembered.",
    parse: duration("0", "7d")
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
  }),
  leafProfile: variable("POSH_LEAF_PROFILE", {
    fallback: "report",
    values: "`report`, `enforce`",
    meaning: "Whether a certificate that is no proper server certificate (key usage, key size, CA) is refused.",
    consequence: "`enforce` refuses certificates that their domain vouches for; `report` leaves a lint.",
    parse: oneOf(["report", "enforce"])
  }),
  match: variable("POSH_MATCH", {
    fallback: "certificate",
    values: "`certificate`, `spki`",
    meaning: "What must be equal with a JWK Set: the certificate, or its public key.",
    consequence: "`spki` accepts a renewed certificate with the same key, and goes beyond the protocol.",
    parse: oneOf(["certificate", "spki"])
  }),
  chainSha1: variable("POSH_CHAIN_SHA1", {
    fallback: "false",
    values: "`true`, `false`",
    meaning: "Accept SHA-1 signatures in the optional chain check.",
    consequence: "`true` makes the chain check worthless against whoever can make SHA-1 collide.",
    parse: boolean
  }),
  clockSkew: variable("POSH_CLOCK_SKEW", {
    fallback: "0s",
    values: "a duration from `0` to `300s`",
    meaning: "By how much clocks may differ when certificates are checked.",
    consequence: "Certificates count that much before and after their dates.",
    parse: duration("0", "300s")
  }),
  strictMediaTypes: variable("POSH_STRICT_MEDIA_TYPES", {
    fallback: "false",
    values: "`true`, `false`",
    meaning: "Require JSON media types by name.",
    consequence: "`true` loses domains that serve their document as text; `false` leaves a lint.",
    parse: boolean
  }),
  acceptInterim: variable("POSH_ACCEPT_INTERIM", {
    fallback: "false",
    values: "`true`, `false`",
    meaning: "Read the formats of the drafts in between, at the path of the first draft.",
    consequence: "`true` finds a few domains more.",
    parse: boolean
  }),
  trustDraftExamples: variable("POSH_TRUST_DRAFT_EXAMPLES", {
    fallback: "false",
    values: "`true`, `false`",
    meaning: "Accept the example certificates of the drafts.",
    consequence: "Their private keys are public: `true` is for tests alone.",
    parse: boolean
  }),
  logLevel: variable("POSH_LOG_LEVEL", {
    fallback: "info",
    values: "`trace`, `debug`, `info`, `warn`, `error`",
    meaning: "Least level that is logged.",
    consequence: "The line that names the URL at start is printed at any level.",
    parse: oneOf(["trace", "debug", "info", "warn", "error"])
  }),
  logFormat: variable("POSH_LOG_FORMAT", {
    fallback: "auto",
    values: "`auto`, `pretty`, `json`",
    meaning: "How logs are written to standard output.",
    consequence: "`auto`: for people on a terminal, else one JSON object a line.",
    parse: oneOf(["auto", "pretty", "json"])
  })
} as const

type ValueOf<V> = V extends Variable<infer A> ? A : never

/** The values of all variables. */
export type Settings = { readonly [K in keyof typeof variables]: ValueOf<typeof variables[K]> }
