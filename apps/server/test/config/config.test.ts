import { assert, describe, it } from "@effect/vitest"
import { defaultPolicy } from "@posh/core"
import { HttpsFetcher } from "@posh/core/node"
import { parseServices, registeredServices } from "@posh/core/question"
import { Effect, Layer, Redacted, Result } from "effect"
import { inspect } from "node:util"
import { getHeapStatistics } from "node:v8"
import { type Environment, readSettings } from "../../src/config/Config.ts"
import { egressFault, toEgressOptions, toPolicy } from "../../src/config/policy.ts"
import type { Variable } from "../../src/config/Variable.ts"
import { type Settings, variables } from "../../src/config/variables.ts"

const day = 86_400_000
const sha256 = "0".repeat(64)
const settingsOf = (env: Environment): Settings => Result.getOrThrow(readSettings(env))

describe("readSettings", () => {
  const good: ReadonlyArray<readonly [key: keyof Settings, text: string, value: unknown]> = [
    ["port", "0", 0],
    ["port", "65535", 65_535],
    ["opsPort", "", undefined],
    ["opsPort", "0", 0],
    ["opsPort", "9464", 9_464],
    ["host", "::1", "::1"],
    ["host", "localhost", "localhost"],
    ["host", "127.8.8.8", "127.8.8.8"],
    ["cacheEntries", "1", 1],
    ["maxInFlight", "2000", 2_000],
    ["maxConnections", "50000", 50_000],
    ["callerRate", "off", undefined],
    ["callerRate", "500", 500],
    ["callerResolutions", "off", undefined],
    ["callerResolutions", "60", 60],
    ["allowSpecialUseDomains", "true", true],
    ["services", "", registeredServices],
    ["generations", "draft-only", "draft-only"],
    ["draftRevalidate", "1m", 60_000],
    ["draftRevalidate", "168h", 7 * day],
    ["draftGrace", "0", 0],
    ["draftGrace", "certificate", Number.POSITIVE_INFINITY],
    ["draftGrace", "365d", 365 * day],
    ["maxLifetime", "0", 0],
    ["maxLifetime", "604800000ms", 7 * day],
    ["clockSkew", "300s", 300_000],
    ["clockSkew", "5m", 300_000],
    ["allowedPorts", "443, 8443", [443, 8_443]],
    ["leafProfile", "enforce", "enforce"],
    ["match", "spki", "spki"],
    ["chainSha1", "true", true],
    ["strictMediaTypes", "true", true],
    ["acceptInterim", "true", true],
    ["trustDraftExamples", "true", true],
    ["logLevel", "debug", "debug"],
    ["logFormat", "json", "json"],
    ["otelDisabled", "True", true],
    ["otlpProtocol", "http/protobuf", "http/protobuf"],
    ["resourceAttributes", " a.b = c%3Dd , e=f=g,h=", { "a.b": "c=d", e: "f=g", h: "" }],
    ["tracesSampler", "parentbased_always_on", "parentbased_always_on"],
    ["tracesSamplerArg", "0.5", 0.5],
    ["auth", "none", "none"],
    ["apiKeys", ` ops:admin:${sha256} , a.b-c_d:verify:${"A".repeat(64)}`, [
      { name: "ops", scope: "admin", sha256 },
      { name: "a.b-c_d", scope: "verify", sha256: "a".repeat(64) }
    ]],
    ["apiKeysFile", "/etc/keys", "/etc/keys"],
    ["keepAlive", "10m", 600_000],
    ["proxyProtocol", "false", false],
    ["extraCaFile", "/etc/ca.pem", "/etc/ca.pem"],
    ["pinsFile", "/etc/pins", "/etc/pins"],
    ["dnsServers", "192.0.2.1, [2001:db8::1]:5353", ["192.0.2.1", "[2001:db8::1]:5353"]],
    ["egressProxy", "http://proxy.internal:3128", { host: "proxy.internal", port: 3_128 }],
    ["connectTo", "hosted.example:443=127.0.0.1:8443", [
      { host: "hosted.example", port: 443, address: "127.0.0.1", toPort: 8_443 }
    ]]
  ]
  it.each(good)("%s = %s", (key, text, value) => {
    const row: Variable<unknown> = variables[key]
    assert.deepStrictEqual(settingsOf({ [row.name]: text })[key], value)
  })

  const bad: ReadonlyArray<readonly [name: string, text: string, fault: RegExp]> = [
    ["POSH_PORT", "65536", /whole number from 0 to 65535/],
    ["POSH_PORT", "-1", /whole number/],
    ["POSH_OPS_PORT", "65536", /whole number from 0 to 65535/],
    ["POSH_OPS_PORT", "8080", /must differ from POSH_PORT on the same address/],
    ["POSH_OPS_HOST", "127.0.0.1", /has no effect without POSH_OPS_PORT/],
    ["POSH_MAX_IN_FLIGHT", "100", /whole number from 2000 to 1000000: .* a batch may have 1000 questions/],
    ["POSH_KEEP_ALIVE", "0", /duration from 1s to 1h/],
    ["POSH_TRUSTED_PROXIES", "proxy.internal", /is no CIDR block/],
    ["POSH_PROXY_PROTOCOL", "v2", /true, false/],
    ["POSH_PROXY_PROTOCOL", "true", /must name the proxies/],
    ["POSH_MAX_CONNECTIONS", "0", /whole number from 1/],
    ["POSH_CALLER_RATE", "0", /whole number from 1 to 1000000; or the word off/],
    ["POSH_CALLER_RESOLUTIONS", "none", /or the word off/],
    ["POSH_PORT", "80a", /whole number/],
    ["POSH_PORT", " 80", /whole number/],
    ["POSH_HOST", "example.net", /IP address or localhost/],
    ["POSH_HOST", "0.0.0.0", /not a loopback address.*POSH_API_KEYS_FILE.*POSH_TLS_CLIENT_CA_FILE.*POSH_AUTH=none/],
    ["POSH_HOST", "::", /not a loopback address.*POSH_AUTH=none/],
    ["POSH_AUTH", "off", /must be none, which lets everybody .* or unset, which asks for keys/],
    ["OTEL_SDK_DISABLED", "yes", /one of true, false/],
    ["OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", /one of http\/json, http\/protobuf/],
    ["OTEL_RESOURCE_ATTRIBUTES", "a", /name=value/],
    ["OTEL_RESOURCE_ATTRIBUTES", "a=b,", /name=value/],
    ["OTEL_RESOURCE_ATTRIBUTES", "a=%", /percent-encoded/],
    ["OTEL_TRACES_SAMPLER", "jaeger_remote", /one of always_on/],
    ["OTEL_TRACES_SAMPLER_ARG", "50", /number from 0 to 1/],
    ["POSH_API_KEYS", "ops:admin:00", /entry 1: the last part must be the SHA-256/],
    ["POSH_API_KEYS", `a:admin:${sha256},`, /entry 2: must be name:scope:sha256/],
    ["POSH_TLS_CERT_FILE", "/etc/cert.pem", /POSH_TLS_KEY_FILE: must be set/],
    ["POSH_TLS_KEY_FILE", "/etc/key.pem", /POSH_TLS_CERT_FILE: must be set/],
    ["POSH_TLS_CLIENT_CA_FILE", "/etc/ca.pem", /POSH_TLS_CERT_FILE: must be set/],
    ["POSH_CACHE_ENTRIES", "-1", /whole number from 0/],
    ["POSH_CACHE_ENTRIES", "0", /0 leaves nothing to remember in without POSH_REDIS_URL/],
    ["POSH_CACHE_ENTRIES", "1e5", /whole number/],
    ["POSH_CONNECT_TO", "nonsense", /host:port=address:port/],
    ["POSH_CONNECT_TO", "a.example:443=b.example:443", /IP address/],
    ["POSH_ALLOW_NETWORKS", "10.0.0.0", /CIDR/],
    ["POSH_EGRESS_PROXY", "proxy.internal:3128", /must be http:\/\/\[user:password@\]host:port$/],
    ["POSH_EGRESS_PROXY", "https://proxy.internal:3128", /must be http:/],
    ["POSH_EGRESS_PROXY", "http://proxy.internal", /must be http:/],
    ["POSH_EGRESS_PROXY", "http://proxy.internal:65536", /the port/],
    ["POSH_EGRESS_PROXY", "http://user@proxy.internal:3128", /must be user:password/],
    ["POSH_ALLOW_SPECIAL_USE_DOMAINS", "yes", /one of true, false/],
    ["POSH_ALLOW_SPECIAL_USE_DOMAINS", "TRUE", /one of true, false/],
    ["POSH_SERVICES", "sip/tls", /^POSH_SERVICES: "sip\/tls" has a protocol that is not one of tcp, udp, sctp$/],
    ["POSH_SERVICES", "sip,http", /"http" is a service over HTTP/],
    ["POSH_GENERATIONS", "both", /one of rfc-then-draft/],
    ["POSH_DRAFT_REVALIDATE", "59s", /duration from 1m to 7d/],
    ["POSH_DRAFT_REVALIDATE", "8d", /duration from 1m to 7d/],
    ["POSH_DRAFT_REVALIDATE", "24", /such as 90s, 15m, 24h or 7d/],
    ["POSH_DRAFT_GRACE", "forever", /or the word certificate/],
    ["POSH_MAX_LIFETIME", "8d", /duration from 0 to 7d/],
    ["POSH_MAX_LIFETIME", "-1s", /duration/],
    ["POSH_CLOCK_SKEW", "301s", /duration from 0 to 300s/],
    ["POSH_DELEGATION", "none", /one of any, same-site, list/],
    ["POSH_DELEGATION", "list", /must name the hosts/],
    ["POSH_DELEGATION_HOSTS", "hosting.net", /no effect without POSH_DELEGATION=list/],
    ["POSH_DELEGATION_HOSTS", "https://hosting.net", /no host name/],
    ["POSH_ALLOWED_PORTS", "443,0", /"0" must be a whole number from 1/],
    ["POSH_ALLOWED_PORTS", "443,", /"" must be a whole number/],
    ["POSH_LEAF_PROFILE", "strict", /one of report, enforce/],
    ["POSH_MATCH", "key", /one of certificate, spki/],
    ["POSH_LOG_LEVEL", "verbose", /one of trace, debug/],
    ["POSH_LOG_FORMAT", "text", /one of auto, pretty, json/]
  ]
  it.each(bad)("%s=%s is refused", (name, text, fault) => {
    const result = readSettings({ [name]: text })
    assert.isTrue(Result.isFailure(result))
    const [first = ""] = Result.isFailure(result) ? result.failure.faults : []
    assert.match(first, /^(POSH|OTEL)_[A-Z_]+: /)
    assert.match(first, fault)
  })

  it("names every fault at once, in one line", () => {
    const result = readSettings({ POSH_PORT: "x", POSH_MATCH: "y", POSH_HOST: "z" })
    const message = Result.isFailure(result) ? result.failure.message : ""
    assert.match(message, /^POSH_HOST: [^;]+; POSH_PORT: [^;]+; POSH_MATCH: [^;]+$/)
  })

  it("an empty variable counts as unset", () =>
    assert.deepStrictEqual(settingsOf({ POSH_PORT: "", POSH_API_KEYS: "" }), settingsOf({})))

  const tls = { POSH_TLS_CERT_FILE: "/c", POSH_TLS_KEY_FILE: "/k" }
  const clientCa = { ...tls, POSH_TLS_CLIENT_CA_FILE: "/ca" }
  const open: ReadonlyArray<readonly [name: string, env: Environment, fault: RegExp | undefined]> = [
    ["where that is said", { POSH_AUTH: "none" }, undefined],
    ["with keys", { POSH_API_KEYS: `a:verify:${sha256}` }, undefined],
    ["with a file of keys", { POSH_API_KEYS_FILE: "/keys" }, undefined],
    ["with a client CA", clientCa, undefined],
    ["not with TLS alone", tls, /POSH_HOST: .* not a loopback address/],
    ["with TLS, where that is said", { ...tls, POSH_AUTH: "none" }, undefined],
    [
      "not with keys and none",
      { POSH_API_KEYS_FILE: "/keys", POSH_AUTH: "none" },
      /none contradicts POSH_API_KEYS_FILE/
    ],
    ["not with a client CA and none", { ...clientCa, POSH_AUTH: "none" }, /none contradicts POSH_TLS_CLIENT_CA_FILE/]
  ]
  it.each(open)("other addresses are served %s", (_, env, fault) => {
    const result = readSettings({ POSH_HOST: "0.0.0.0", ...env })
    assert.match(Result.isFailure(result) ? result.failure.message : "", fault ?? /^$/)
  })

  it("hosts to delegate to are canonical", () =>
    assert.deepStrictEqual(
      settingsOf({ POSH_DELEGATION: "list", POSH_DELEGATION_HOSTS: "Hosting.NET., .bücher.example" }).delegationHosts,
      ["hosting.net", ".xn--bcher-kva.example"]
    ))
})

describe("toPolicy", () => {
  it("the defaults are those of the core, and a fifth of the heap is for what is remembered", () => {
    const cacheOctets = Math.floor(getHeapStatistics().heap_size_limit / 5)
    assert.deepStrictEqual(toPolicy(settingsOf({})), { ...defaultPolicy, cacheOctets })
  })

  it("every setting arrives", () => {
    const policy = toPolicy(settingsOf({
      POSH_ALLOW_SPECIAL_USE_DOMAINS: "true",
      POSH_SERVICES: "sip/udp:5060",
      POSH_GENERATIONS: "rfc-only",
      POSH_DELEGATION: "list",
      POSH_DELEGATION_HOSTS: "hosting.net",
      POSH_ALLOWED_PORTS: "443,8443",
      POSH_MAX_LIFETIME: "1d",
      POSH_DRAFT_REVALIDATE: "1h",
      POSH_DRAFT_GRACE: "2h",
      POSH_STRICT_MEDIA_TYPES: "true",
      POSH_ACCEPT_INTERIM: "true",
      POSH_TRUST_DRAFT_EXAMPLES: "true",
      POSH_LEAF_PROFILE: "enforce",
      POSH_MATCH: "spki",
      POSH_CHAIN_SHA1: "true",
      POSH_CLOCK_SKEW: "60s",
      POSH_CACHE_ENTRIES: "5"
    }))
    assert.deepStrictEqual(policy, {
      ...defaultPolicy,
      allowSpecialUse: true,
      services: Result.getOrThrow(parseServices("sip/udp:5060")),
      generations: "rfc-only",
      delegation: { mode: "list", hosts: ["hosting.net"], ports: [443, 8_443] },
      maxLifetimeMs: day,
      draftRevalidateMs: 3_600_000,
      draftGraceMs: 7_200_000,
      strictMediaTypes: true,
      acceptInterim: true,
      trustDraftExamples: true,
      leafProfile: "enforce",
      match: "spki",
      chainSha1: true,
      clockSkewMs: 60_000,
      cacheEntries: 5,
      cacheOctets: policy.cacheOctets
    })
  })
})

describe("egress", () => {
  const rows: ReadonlyArray<readonly [name: string, text: string, fault: RegExp]> = [
    ["POSH_USER_AGENT", "posh\nx", /^POSH_USER_AGENT: /],
    ["POSH_DNS_SERVERS", "dns.example", /^POSH_DNS_SERVERS: /],
    ["POSH_EXTRA_CA_FILE", "/does/not/exist.pem", /^POSH_EXTRA_CA_FILE: cannot read \/does\/not\/exist\.pem \(ENOENT/],
    ["POSH_EXTRA_CA_FILE", import.meta.filename, /^POSH_EXTRA_CA_FILE: /],
    ["POSH_PINS_FILE", "/does/not/exist", /^POSH_PINS_FILE: cannot read \/does\/not\/exist \(ENOENT/],
    ["POSH_PINS_FILE", import.meta.filename, /^POSH_PINS_FILE: line 1: /]
  ]
  for (const [name, text, fault] of rows) {
    it.effect(`${name}=${JSON.stringify(text)} is refused`, () =>
      Effect.gen(function*() {
        const error = yield* toEgressOptions(settingsOf({ [name]: text })).pipe(
          Effect.flatMap((options) => Effect.scoped(Layer.build(HttpsFetcher.layer(options)))),
          Effect.catchTag("EgressConfigError", (inner) => Effect.fail(egressFault(inner))),
          Effect.flip
        )
        assert.match(error.message, fault)
      }))
  }

  it.effect("the faults of both files are named together", () =>
    Effect.gen(function*() {
      const settings = settingsOf({ POSH_EXTRA_CA_FILE: "/none/ca", POSH_PINS_FILE: "/none/pins" })
      const { faults } = yield* Effect.flip(toEgressOptions(settings))
      assert.deepStrictEqual(faults.map((fault) => fault.split(":")[0]), ["POSH_EXTRA_CA_FILE", "POSH_PINS_FILE"])
    }))

  it.effect("the proxy arrives, and its password is in no text made of the settings (POSH-SEC-11)", () =>
    Effect.gen(function*() {
      const settings = settingsOf({ POSH_EGRESS_PROXY: "http://posh:s3cr3t@[fd00::1]:3128" })
      const { proxy } = yield* toEgressOptions(settings)
      assert.deepStrictEqual([proxy?.host, proxy?.port], ["fd00::1", 3_128])
      assert.strictEqual(
        proxy?.authorization === undefined ? undefined : Redacted.value(proxy.authorization),
        `Basic ${Buffer.from("posh:s3cr3t").toString("base64")}`
      )
      assert.notMatch(`${JSON.stringify(settings)} ${inspect(settings, { depth: 9 })}`, /s3cr3t|Basic/)
      assert.notProperty(yield* toEgressOptions(settingsOf({})), "proxy")
    }))

  it.each(["http://posh:s3cr3t@proxy", "http://posh:s3cr%@proxy:3128", "https://posh:s3cr3t@proxy:3128"])(
    "a password is not repeated where the proxy is refused: %s",
    (text) => {
      const result = readSettings({ POSH_EGRESS_PROXY: text })
      assert.match(Result.isFailure(result) ? result.failure.message : "", /^POSH_EGRESS_PROXY: (?!.*s3cr)/)
    }
  )
})
