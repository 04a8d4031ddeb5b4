/**
 * POSH-SEC-12: an attacker chooses the domains of questions. Whatever names it invents, other callers get their turn,
 * and no site gets more requests than its budget allows.
 */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { siteOf } from "../../src/fetch/Site.ts"
import { CallerBudget } from "../../src/question/CallerBudget.ts"
import type { Domain } from "../../src/question/Domain.ts"
import { makeWeb, type Page, verifierOver } from "../fakeFetcher.ts"
import { ask, fingerprints, start } from "../greenhouse.ts"

const rfc = (domain: string) => `https://${domain}/.well-known/posh/xmpp-server.json`
const documents = "https://docs.provider.example/posh.json"
const names = (count: number, name: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => name(index))

const published: Page = { json: fingerprints(600) }
const redirected: Page = { status: 302, headers: [["location", documents]] }
const referred: Page = { json: { url: documents, expires: 600 } }

interface Flood {
  readonly names: ReadonlyArray<string>
  /** Response of each of them. Default: nothing published. */
  readonly page?: Page
  /** Milliseconds that the provider takes per request. */
  readonly slowMs?: number
  /** Milliseconds between questions. Default: all at once. */
  readonly everyMs?: number
  /** The caller of the flood. Default: the caller of the honest question. */
  readonly account?: string
}

interface Honest {
  readonly domain: string
  readonly page?: Page
  /** The honest domain was asked about before, and its material has expired. */
  readonly before?: true
}

interface Row {
  readonly name: string
  readonly flood: Flood
  readonly honest: Honest
  /** Milliseconds until the honest answer. */
  readonly withinMs: number
  /** Maximum of requests to the flooded site by then: 600, and 10 per second. */
  readonly site: readonly [name: string, most: number]
}

const victim = (count: number) => names(count, (index) => `made-up-${index}.victim.example`)
const chat: Honest = { domain: "chat.victim.example" }

const rows: ReadonlyArray<Row> = [
  {
    name: "made-up names that do not exist",
    flood: { names: victim(760), page: { fault: "DnsNameNotFound" } },
    honest: chat,
    withinMs: 0,
    site: ["victim.example", 1]
  },
  {
    name: "names of a broken delegation",
    flood: { names: victim(1_500), page: { fault: "DnsTemporaryFailure" } },
    honest: chat,
    withinMs: 0,
    site: ["victim.example", 1]
  },
  {
    name: "names that lead into the network here",
    flood: { names: victim(760), page: { fault: "BlockedAddress" } },
    honest: chat,
    withinMs: 0,
    site: ["victim.example", 1]
  },
  {
    name: "made-up names behind a wildcard in DNS, all at once",
    flood: { names: victim(760) },
    honest: chat,
    withinMs: 200,
    site: ["victim.example", 602]
  },
  {
    name: "made-up names behind a wildcard that publishes for all",
    flood: { names: victim(1_500), page: published },
    honest: chat,
    withinMs: 200,
    site: ["victim.example", 602]
  },
  {
    name: "made-up names without end, and a domain that published before",
    flood: { names: victim(900), everyMs: 20 },
    honest: { ...chat, before: true },
    withinMs: 300,
    site: ["victim.example", 750]
  },
  {
    name: "made-up names without end that another caller is made to ask about",
    flood: { names: victim(900), everyMs: 20, account: "another" },
    honest: chat,
    withinMs: 300,
    site: ["victim.example", 750]
  },
  {
    name: "requests that each take as long as they can, and a tenant",
    flood: { names: names(400, (index) => `x${index}.attacker.example`), page: redirected, slowMs: 8_000 },
    honest: { domain: "tenant1.example", page: { json: { url: `${documents}?tenant`, expires: 600 } } },
    withinMs: 8_000,
    site: ["provider.example", 33]
  },
  {
    name: "redirects from two sites to a provider, and a tenant",
    flood: { names: names(800, (index) => `x${index}.attacker-${index % 2}.example`), page: redirected },
    honest: { domain: "tenant1.example", page: referred },
    withinMs: 500,
    site: ["provider.example", 610]
  },
  {
    name: "references from three sites to a provider, and a tenant that redirects",
    flood: { names: names(900, (index) => `x${index}.attacker-${index % 3}.example`), page: referred },
    honest: { domain: "tenant1.example", page: redirected },
    withinMs: 500,
    site: ["provider.example", 610]
  },
  {
    name: "redirects from more sites than a provider can serve, and a tenant that published before",
    flood: { names: names(900, (index) => `attacker-${index}.example`), page: redirected },
    honest: { domain: "tenant1.example", page: referred, before: true },
    withinMs: 500,
    site: ["provider.example", 610]
  }
]

const flooding = ({ account = "", everyMs, names, page }: Flood, web: ReturnType<typeof makeWeb>) =>
  Effect.forEach(
    names,
    (domain, index) => {
      if (page !== undefined) web.set(rfc(domain), page)
      return Effect.delay(ask({ domain }), (everyMs ?? 0) * index)
    },
    { concurrency: "unbounded", discard: true }
  ).pipe(Effect.provideService(CallerBudget, { account, waitedMs: 0, take: () => undefined }))

describe("a flood that strangers cause", () => {
  it.effect.each(rows)("$name", ({ flood, honest, site, withinMs }) => {
    const web = makeWeb({
      [documents]: flood.slowMs === undefined ? published : { status: 404, afterMs: flood.slowMs },
      [`${documents}?tenant`]: published,
      [rfc(honest.domain)]: honest.page ?? published
    })
    return Effect.gen(function*() {
      yield* start
      if (honest.before) {
        assert.strictEqual(yield* ask({ domain: honest.domain }), "Verified miss")
        yield* TestClock.adjust("1 hour")
      }
      web.asked.length = 0
      yield* Effect.forkChild(flooding(flood, web))
      // Until all concurrent requests are done, or the flood has used up the burst.
      yield* TestClock.adjust(flood.everyMs === undefined ? 0 : 12_000)

      const askedAt = yield* Clock.currentTimeMillis
      const answer = yield* Effect.forkChild(
        Effect.zip(ask({ domain: honest.domain }), Clock.currentTimeMillis)
      )
      yield* TestClock.adjust(withinMs)
      assert.isDefined(answer.pollUnsafe(), "the answer is there in time")
      const [code, answeredAt] = yield* Fiber.join(answer)
      assert.strictEqual(code, "Verified miss")
      assert.isAtMost(answeredAt - askedAt, withinMs)
      const requests = web.asked.filter((url) => siteOf(new URL(url).hostname as Domain) === site[0] && !isAbsent(url))
      assert.isAtMost(requests.length, site[1])

      function isAbsent(url: string) {
        return flood.page !== undefined && "fault" in flood.page && url !== rfc(honest.domain)
      }
    }).pipe(Effect.provide(verifierOver(web)))
  })
})
