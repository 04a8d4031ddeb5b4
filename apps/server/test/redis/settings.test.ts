import { assert, describe, it } from "@effect/vitest"
import { Redacted, Result } from "effect"
import { inspect } from "node:util"
import { type Environment, readSettings } from "../../src/config/Config.ts"
import { toClusterOptions, toNodes, toRedisOptions } from "../../src/redis/options.ts"

const url = (text: string, mode = "standalone") => ({ POSH_REDIS_URL: text, POSH_REDIS_MODE: mode })
const settingsOf = (env: Environment) => Result.getOrThrow(readSettings(env))
const optionsOf = (text: string, mode?: string) => {
  const { redisMode, redisTimeout, redisUrl } = settingsOf(url(text, mode))
  assert.isDefined(redisUrl)
  return { servers: redisUrl, mode: redisMode, timeoutMs: redisTimeout }
}

describe("POSH_REDIS_URL is refused", () => {
  const long = "x".repeat(32)
  const bad: ReadonlyArray<readonly [string, Environment, RegExp]> = [
    ["no URL", url("hunter2"), /^POSH_REDIS_URL: element 1 must be redis:/],
    ["another scheme", url("http://:hunter2@h"), /element 1 must be redis:/],
    ["no host", url("redis://:hunter2@"), /element 1/],
    ["a second element that is none", url("redis://a,hunter2", "cluster"), /element 2/],
    ["a comma too many", url("redis://a,", "cluster"), /element 2/],
    ["port 0", url("redis://a:0"), /element 1/],
    ["a port too high", url("redis://:hunter2@a:65536"), /element 1/],
    ["no number of a database", url("redis://a/x"), /element 1/],
    ["an unknown parameter", url("redis://a?password=hunter2"), /element 1/],
    ["a broken escape", url("redis://:hunter2%zz@a"), /element 1/],
    ["a fragment", url("redis://:a#hunter2@b"), /element 1/],
    ["a socket without a path", url("unix://:hunter2@"), /element 1/],
    ["a socket that is a folder", url("unix:///run/hunter2/"), /element 1/],
    ["a socket whose path is too long for the system", url(`unix:///${"hunter2".repeat(16)}`), /element 1/],
    ["a relative socket", url("unix://run/hunter2"), /element 1/],
    ["a parameter of other clients", url("unix:///run/redis?password=hunter2"), /element 1/],
    ["a socket with TLS", url("rediss+unix:///run/hunter2"), /element 1/],
    ["two sockets", url("unix:///run/a,unix:///run/b", "cluster"), /must be the only URL/],
    ["a socket beside a host", url("redis://a,unix:///run/b", "cluster"), /must be the only URL/],
    [
      "a socket of a cluster",
      url("unix:///run/a", "cluster"),
      /^POSH_REDIS_URL: names a socket, and the mode is cluster/
    ],
    ["a socket of sentinels", url("unix:///run/a", "sentinel"), /the mode is sentinel/],
    [
      "a CA without TLS",
      { ...url("redis://a"), POSH_REDIS_CA_FILE: "/ca.pem" },
      /^POSH_REDIS_CA_FILE: has no effect without rediss:/
    ],
    ["a name without Redis", { POSH_REDIS_SERVER_NAME: "a" }, /^POSH_REDIS_SERVER_NAME: has no effect without rediss:/],
    [
      "a certificate over a socket",
      { ...url("unix:///run/a"), POSH_REDIS_CERT_FILE: "/a", POSH_REDIS_KEY_FILE: "/b" },
      /^POSH_REDIS_CERT_FILE: has no effect .*; POSH_REDIS_KEY_FILE: has no effect/
    ],
    [
      "a certificate without a key",
      { ...url("rediss://a"), POSH_REDIS_CERT_FILE: "/a" },
      /^POSH_REDIS_KEY_FILE: must be set where POSH_REDIS_CERT_FILE is/
    ],
    [
      "a key without a certificate",
      { ...url("rediss://a"), POSH_REDIS_KEY_FILE: "/a" },
      /^POSH_REDIS_CERT_FILE: must be set where POSH_REDIS_KEY_FILE is/
    ],
    [
      "an address as name",
      { ...url("rediss://a"), POSH_REDIS_SERVER_NAME: "192.0.2.7" },
      /^POSH_REDIS_SERVER_NAME: must/
    ],
    ["an address of IPv6", { ...url("rediss://a"), POSH_REDIS_SERVER_NAME: "::1" }, /^POSH_REDIS_SERVER_NAME: must/],
    ["a name that is none", { ...url("rediss://a"), POSH_REDIS_SERVER_NAME: "a b" }, /^POSH_REDIS_SERVER_NAME: must/],
    ["two passwords", url("redis://:hunter2@a,redis://:hunter2b@b", "cluster"), /differ in password/],
    ["TLS and none", url("redis://a,rediss://b", "cluster"), /differ in tls/],
    ["several servers, standalone", url("redis://a,redis://b"), /^POSH_REDIS_URL: .*standalone/],
    ["a cluster with a database", url("redis://a/1", "cluster"), /has none but 0/],
    ["sentinels without a name", url("redis://a,redis://b", "sentinel"), /\?name=/],
    ["a name, standalone", url("redis://a?name=posh"), /only sentinels/],
    ["a mode that is none", url("redis://a", "ring"), /^POSH_REDIS_MODE: /],
    ["a prefix with a hash tag", { POSH_REDIS_PREFIX: "{posh}:" }, /^POSH_REDIS_PREFIX: /],
    ["a short secret", { POSH_CACHE_SECRET: "hunter2" }, /^POSH_CACHE_SECRET: secret 1 of 1 is shorter than 32/],
    ["a short second secret", { POSH_CACHE_SECRET: `${long},hunter2` }, /^POSH_CACHE_SECRET: secret 2 of 2/],
    ["a time-out too short", { POSH_REDIS_TIMEOUT: "1ms" }, /^POSH_REDIS_TIMEOUT: /]
  ]
  it.each(bad)("%s, without repeating it", (_, env, fault) => {
    const result = readSettings(env)
    const message = Result.isFailure(result) ? result.failure.message : ""
    assert.match(message, fault)
    assert.notInclude(message, "hunter2")
  })
})

describe("POSH_REDIS_URL is understood", () => {
  it("one server", () => {
    const options = toRedisOptions(optionsOf("redis://app:p%40ss%2C@[::1]/3"))
    assert.deepInclude(options, { host: "::1", port: 6_379, db: 3, username: "app", password: "p@ss," })
    assert.notProperty(options, "tls")
  })
  it("TLS", () =>
    assert.deepInclude(toRedisOptions(optionsOf("rediss://redis.example:6380")), { port: 6_380, tls: {} }))
  it.each([
    ["unix:///run/redis.sock", { path: "/run/redis.sock", db: 0 }],
    ["redis+unix:///run/redis.sock?db=3", { path: "/run/redis.sock", db: 3 }],
    ["unix://app:p%40ss%3A@/run/a%20b", { path: "/run/a b", username: "app", password: "p@ss:" }],
    ["UNIX://:secret@/run/a%2Cb?db=0", { path: "/run/a,b", password: "secret" }]
  ])("the socket %s", (text, expected) => {
    const options = toRedisOptions(optionsOf(text))
    assert.deepInclude(options, expected)
    assert.notProperty(options, "host")
    assert.notProperty(options, "tls")
  })
  it("a cluster", () => {
    const options = optionsOf("redis://:secret@a:7000, redis://b", "cluster")
    assert.deepStrictEqual(toNodes(options), [{ host: "a", port: 7_000 }, { host: "b", port: 6_379 }])
    assert.deepInclude(toClusterOptions(options).redisOptions, { password: "secret", commandTimeout: 1_000 })
  })
  it("sentinels, with logins of their own", () => {
    const options = optionsOf("redis://:s@a:1,redis://b?name=posh&sentinelUser=w&sentinelPassword=t", "sentinel")
    assert.deepInclude(toRedisOptions(options), {
      sentinels: [{ host: "a", port: 1 }, { host: "b", port: 26_379 }],
      name: "posh",
      password: "s",
      sentinelUsername: "w",
      sentinelPassword: "t"
    })
  })

  it("everything is bounded", () => {
    for (
      const options of [toRedisOptions(optionsOf("redis://a")), toClusterOptions(optionsOf("redis://a")).redisOptions]
    ) {
      assert.deepInclude(options, {
        connectTimeout: 1_000,
        commandTimeout: 1_000,
        maxRetriesPerRequest: 0,
        enableOfflineQueue: false,
        autoResendUnfulfilledCommands: false
      })
    }
  })

  it("waits before it tries again grow to two seconds, and differ", () => {
    const { retryStrategy } = toRedisOptions(optionsOf("redis://a"))
    const waits = Array.from({ length: 200 }, () => retryStrategy(30))
    assert.isAtLeast(Math.min(...waits), 1_000)
    assert.isAtMost(Math.max(...waits), 2_000)
    assert.isAbove(new Set(waits).size, 20)
    assert.isAtMost(retryStrategy(1), 100)
  })

  it("secrets do not show in settings", () => {
    const secret = "hunter2".padEnd(32, "*")
    const settings = settingsOf({ ...url("redis://:hunter2@a"), POSH_CACHE_SECRET: `${secret}, ${secret}2` })
    assert.notInclude(inspect(settings, { depth: 9, showHidden: true }) + JSON.stringify(settings), "hunter2")
    assert.deepStrictEqual(Redacted.value(settings.cacheSecret ?? Redacted.make([])), [secret, `${secret}2`])
  })
})
