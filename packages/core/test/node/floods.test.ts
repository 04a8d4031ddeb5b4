/** POSH-SEC-12 over real sockets and a real name server: invented names cost a site only its own turn. */
import { assert, describe, it } from "@effect/vitest"
import { Behave, greenhouse, makeDns, makeOrigins, type Origins } from "@posh/testing"
import { Effect, Layer } from "effect"
import { budgetLimits } from "../../src/Limits.ts"
import { HttpsFetcher } from "../../src/node/index.ts"
import { defaultPolicy } from "../../src/Policy.ts"
import { Verifier } from "../../src/Verifier.ts"
import { verify } from "../asking.ts"
import { question } from "../greenhouse.ts"
import { connectTo } from "./world.ts"

const rfcPath = "/.well-known/posh/xmpp-server.json"

/** A verifier that connects to the origins for these hosts, and resolves all other names by the name server. */
const verifierOf = (
  origins: Origins,
  hosts: ReadonlyArray<string>,
  dnsServer: string,
  perHostPerMinute = budgetLimits.perHostPerMinute
) =>
  Verifier.layer({
    ...defaultPolicy,
    allowSpecialUse: true,
    trustDraftExamples: true,
    budgets: { ...budgetLimits, perHostPerMinute }
  }).pipe(
    Layer.provide(HttpsFetcher.layer({
      userAgent: "posh-test",
      extraCa: origins.caPem,
      dnsServers: [dnsServer],
      connectTo: connectTo(hosts.map((host) => `${host}:443=127.0.0.1:${origins.port}`).join(","))
    })),
    Layer.orDie
  )

const ask = (domain: string) => verify({ ...question, domain, deadlineMs: 30_000 })

/** Asks about all of them concurrently, in the background, and records the outcomes. */
const startFlood = Effect.fnUntraced(function*(domains: ReadonlyArray<string>) {
  const codes: Array<string> = []
  const note = (domain: string) => Effect.map(ask(domain), ({ code }) => codes.push(code))
  yield* Effect.forkScoped(Effect.forEach(domains, note, { concurrency: "unbounded", discard: true }))
  return codes
})

const until = (isSo: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => isSo() ? Effect.void : Effect.andThen(Effect.sleep(20), until(isSo)))

describe("a flood", () => {
  it.live("of names that do not exist", () =>
    Effect.gen(function*() {
      const honest = "chat.victim.example"
      const dns = yield* makeDns()
      const origins = yield* makeOrigins({ [honest]: { routes: { [rfcPath]: Behave.json(greenhouse.fingerprints) } } })
      yield* Effect.gen(function*() {
        const codes = yield* startFlood(Array.from({ length: 760 }, (_, index) => `made-up-${index}.victim.example`))
        yield* until(() => codes.length >= 600)
        assert.strictEqual((yield* ask(honest)).code, "Verified")
        yield* until(() => codes.length === 760)
        assert.include(codes, "DnsNameNotFound")
        assert.notInclude(codes, "RateLimitedLocally")
        assert.strictEqual(origins.requests.length, 1)
      }).pipe(Effect.provide(verifierOf(origins, [honest], dns.server)))
    }).pipe(Effect.scoped), 120_000)

  it.live("of redirects to a provider", () =>
    Effect.gen(function*() {
      const perMinute = 60
      const provider = "docs.provider.example"
      const tenant = "tenant1.example"
      const url = `https://${provider}/posh.json`
      const attackers = Array.from({ length: 116 }, (_, index) => `x${index}.attacker-${index % 2}.example`)
      const dns = yield* makeDns()
      const origins = yield* makeOrigins({
        [provider]: { routes: { "/posh.json": Behave.json(greenhouse.fingerprints) } },
        [tenant]: { routes: { [rfcPath]: Behave.json({ url, expires: 600 }) } }
      })
      origins.setFallback((host, path) =>
        host.includes(".attacker-") && path === rfcPath ? Behave.redirect(url) : undefined
      )
      const hosts = [provider, tenant, ...attackers]
      yield* Effect.gen(function*() {
        const startedAt = performance.now()
        const codes = yield* startFlood(attackers)
        // Until more requests wait than the provider's budget allows.
        yield* until(() => codes.includes("RateLimitedLocally") || codes.length === attackers.length)
        assert.strictEqual((yield* ask(tenant)).code, "Verified")
        const minutes = (performance.now() - startedAt) / 60_000
        assert.isAtMost(origins.countOf(provider), Math.ceil(perMinute * (1 + minutes)))
      }).pipe(Effect.provide(verifierOf(origins, hosts, dns.server, perMinute)))
    }).pipe(Effect.scoped), 120_000)
})
