/** The way from the well-known URL to the material: what is followed, how far, and what is remembered of it. */
import { assert, describe, it } from "@effect/vitest"
import { greenhouse } from "@posh/testing"
import { Effect, Layer, Result, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Fetcher, type FetchRequest } from "../src/fetch/Fetcher.ts"
import { wellKnownTarget } from "../src/proof/posh/wellKnown.ts"
import { parseDomain } from "../src/question/Domain.ts"
import { registeredServices, type ServiceEntry, type ServiceKey } from "../src/question/Service.ts"
import { Verifier } from "../src/Verifier.ts"
import { makeWeb, type Page, testPolicy, verifierOver } from "./fakeFetcher.ts"
import { ask, fingerprints, rfc, start } from "./greenhouse.ts"

const host = "https://chat.orchard.example"
const to = (location: string, status = 302): Page => ({ status, headers: [["location", location]] })
const reference = (url: string): Page => ({ json: { url, expires: 3_600 } })
const material: Page = { json: fingerprints(3_600) }

/** Redirects from one page to the next, so many of them. */
const redirects = (from: string, many: number, end: string): Record<string, Page> => {
  const urls = [from, ...Array.from({ length: many - 1 }, (_, index) => `${from}/${index + 1}`), end]
  return Object.fromEntries(urls.slice(0, -1).map((url, index) => [url, to(urls[index + 1] ?? end)]))
}

describe("how far delegation is followed", () => {
  const rows: ReadonlyArray<readonly [name: string, pages: Record<string, Page>, answer: string]> = [
    ["RES-67 ten redirects", { ...redirects(rfc, 10, `${host}/end`), [`${host}/end`]: material }, "Verified miss"],
    ["RES-67 eleven", { ...redirects(rfc, 11, `${host}/end`), [`${host}/end`]: material }, "TooManyRedirects miss"],
    [
      "RES-67 five before a reference and five behind it",
      {
        ...redirects(rfc, 5, `${host}/reference`),
        [`${host}/reference`]: reference(`${host}/more`),
        ...redirects(`${host}/more`, 5, `${host}/end`),
        [`${host}/end`]: material
      },
      "Verified miss"
    ],
    [
      "RES-67 five before a reference and six behind it",
      {
        ...redirects(rfc, 5, `${host}/reference`),
        [`${host}/reference`]: reference(`${host}/more`),
        ...redirects(`${host}/more`, 6, `${host}/end`),
        [`${host}/end`]: material
      },
      "TooManyRedirects miss"
    ],
    [
      "RES-81, PUB-12 a second reference behind a redirect",
      {
        [rfc]: reference(`${host}/hop`),
        [`${host}/hop`]: to("/reference"),
        [`${host}/reference`]: reference(`${host}/end`),
        [`${host}/end`]: material
      },
      "NestedReference miss"
    ],
    ["RES-68 back to where it began", { [rfc]: to("/a"), [`${host}/a`]: to(rfc) }, "RedirectLoop miss"],
    ["RES-68 a fragment makes no other URL", { [rfc]: to(`${rfc}#again`) }, "RedirectLoop miss"],
    ["RES-83 a reference back", { [rfc]: to("/a"), [`${host}/a`]: reference(rfc) }, "RedirectLoop miss"],
    [
      "SEC-31 a host that asks for https alone is not asked by https for a target in http",
      {
        [rfc]: {
          status: 302,
          headers: [["strict-transport-security", "max-age=31536000"], ["location", "http://chat.orchard.example/a"]]
        },
        [`${host}/a`]: material
      },
      "RedirectInsecureScheme miss"
    ]
  ]
  // Else the bound on requests would hide that on redirects.
  const policy = { ...testPolicy, attempt: { ...testPolicy.attempt, requests: 99 } }
  it.effect.each(rows)("%s", ([, pages, answer]) =>
    Effect.gen(function*() {
      yield* start
      assert.strictEqual(yield* ask(), answer)
    }).pipe(Effect.provide(verifierOver(makeWeb(pages), policy))))
})

it.effect.each([301, 302, 308])(
  "RES-69: a %d is temporary, so the source domain is asked first each time",
  (status) => {
    const target = "https://elsewhere.example/posh.json"
    const web = makeWeb({ [rfc]: to(target, status), [target]: { json: fingerprints(60) } })
    return Effect.gen(function*() {
      yield* start
      yield* ask()
      yield* TestClock.adjust("61 seconds")
      assert.strictEqual(yield* ask(), "Verified miss")
      assert.deepStrictEqual(web.asked, [rfc, target, rfc, target])
    }).pipe(Effect.provide(verifierOver(web)))
  }
)

describe("RES-49: what HTTP says of caching decides nothing", () => {
  const rows: ReadonlyArray<readonly [name: string, headers: ReadonlyArray<readonly [string, string]>]> = [
    ["no-store", [["cache-control", "no-store"]]],
    ["expired", [["cache-control", "max-age=0"], ["expires", "Thu, 01 Jan 1970 00:00:00 GMT"]]],
    ["for a year", [["cache-control", "max-age=31536000, immutable"], ["etag", `"1"`]]]
  ]
  it.effect.each(rows)("%s", ([, headers]) =>
    Effect.gen(function*() {
      yield* start
      assert.strictEqual(yield* ask(), "Verified miss")
      yield* TestClock.adjust("47 seconds") // before a refresh ahead
      assert.strictEqual(yield* ask(), "Verified memory")
      yield* TestClock.adjust("13 seconds")
      assert.strictEqual(yield* ask(), "Verified miss")
    }).pipe(Effect.provide(verifierOver(makeWeb({ [rfc]: { json: fingerprints(60), headers } })))))
})

describe("RES-71: a body is read where it is a document, and up to its bound", () => {
  const json = ["content-type", "application/json"] as const
  const heads = [
    [200, [json], 65_536],
    [200, [["content-type", "text/html"]], undefined],
    [302, [json, ["location", "/a"]], undefined],
    [404, [json], undefined],
    [503, [json], undefined]
  ] as const
  it.effect("by status and media type", () => {
    const requests: Array<FetchRequest> = []
    const get = (request: FetchRequest) => {
      requests.push(request)
      return Effect.succeed({ status: 404, headers: [], body: new Uint8Array(), trace: { startedAt: 0, endedAt: 0 } })
    }
    return Effect.gen(function*() {
      yield* start
      yield* ask()
      for (const [status, headers, octets] of heads) {
        assert.strictEqual(requests[0]?.bodyLimit({ status, headers }), octets, `${status}`)
      }
      assert.strictEqual(requests[1]?.bodyLimit({ status: 200, headers: [json] }), 262_144)
    }).pipe(
      Effect.provide(Verifier.layer(testPolicy).pipe(Layer.provide(Layer.succeed(Fetcher, Fetcher.of({ get })))))
    )
  })
})

describe("RES-24: a well-known URL reads back as it was meant, or is not asked", () => {
  const policy = { allowSpecialUse: true }
  it.prop("of whatever is accepted as a domain", [Schema.String], ([text]) => {
    const domain = parseDomain(`${text}.example`, policy)
    if (Result.isFailure(domain)) return
    for (const service of registeredServices.values()) {
      for (const generation of ["rfc7711", "draft"] as const) {
        const { host, path, port, url } = wellKnownTarget(generation, domain.success, service)
        const { hash, hostname, pathname, port: written, protocol, search, username } = new URL(url)
        assert.deepStrictEqual<unknown>([hostname, pathname, port], [host, path, 443])
        assert.deepStrictEqual([protocol, written, search, hash, username], ["https:", "", "", "", ""])
      }
    }
  })

  it.each(["../x", "a?b", "a#b", "a b"])("a service %j makes none", (key) => {
    const service: ServiceEntry = {
      key: key as ServiceKey,
      draftDesc: key,
      srvName: key,
      protocol: "tcp",
      port: undefined
    }
    const domain = Result.getOrThrow(parseDomain(greenhouse.domain, policy))
    assert.throws(() => wellKnownTarget("rfc7711", domain, service), /reads back/)
  })
})
