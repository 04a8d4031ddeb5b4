/** `POSH_DNSSEC_RESOLVER`: what is refused at the start, and by which name. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { readSettings } from "../../src/config/Config.ts"
import { readResolver } from "../../src/config/dnssecResolver.ts"

const read = (env: Readonly<Record<string, string>>) => readResolver(Result.getOrThrow(readSettings(env)))

describe("POSH_DNSSEC_RESOLVER", () => {
  it.effect.each([
    ["dns://127.0.0.1", { protocol: "dns", address: "127.0.0.1", port: 53 }],
    ["dns://[::1]:5353", { protocol: "dns", address: "::1", port: 5_353 }],
    ["tls://dns.example.net@192.0.2.1", { protocol: "tls", name: "dns.example.net", address: "192.0.2.1", port: 853 }],
    ["https://dns.example.net/dns-query", { protocol: "https", name: "dns.example.net", port: 443, path: "/dns-query" }]
  ])("%s", ([url, endpoint]) =>
    Effect.gen(function*() {
      assert.deepEqual(yield* read({ POSH_DNSSEC_RESOLVER: url as string }), endpoint as never)
    }))

  it.effect("is not needed", () =>
    Effect.gen(function*() {
      assert.isUndefined(yield* read({}))
    }))

  it.effect.each([
    ["dane without one", { POSH_PROOFTYPES: "posh,dane" }],
    ["another machine, whose network nobody answers for", { POSH_DNSSEC_RESOLVER: "dns://192.0.2.1" }],
    ["no URL", { POSH_DNSSEC_RESOLVER: "127.0.0.1" }],
    ["another scheme", { POSH_DNSSEC_RESOLVER: "udp://127.0.0.1" }]
  ])("%s is refused", ([, env]) =>
    Effect.gen(function*() {
      const { message } = yield* Effect.flip(read(env as Readonly<Record<string, string>>))
      assert.match(message, /POSH_DNSSEC_RESOLVER: /)
    }))

  it.effect("another machine, whose network the operator answers for", () =>
    Effect.gen(function*() {
      const endpoint = yield* read({ POSH_DNSSEC_RESOLVER: "dns://192.0.2.1", POSH_DNSSEC_RESOLVER_TRUSTED: "true" })
      assert.deepInclude(endpoint, { address: "192.0.2.1" })
    }))
})
