/**
 * The reverse of the contract: whatever is asked, the service answers nothing that the OpenAPI document does not describe. Each
 * operation is asked with each of many oddities; what is no operation gets 404 or 405, as the document's introduction says.
 */
import { assert, layer } from "@effect/vitest"
import { problemMediaType } from "@posh/api"
import { Effect } from "effect"
import { faultsBy, routes, undocumented } from "./document.ts"
import { ask, type Asked } from "./exchange.ts"
import { anyRequestOf } from "./requests.ts"
import { bearer, ContractWorld } from "./world.ts"

type Oddity = (asked: Asked) => Asked

const header = (fields: Readonly<Record<string, string>>): Oddity => (asked) => ({
  ...asked,
  headers: { ...asked.headers, ...fields }
})

const query = (text: string): Oddity => (asked) => ({
  ...asked,
  path: `${asked.path}${asked.path.includes("?") ? "&" : "?"}${text}`
})

const body = (text: string | Buffer): Oddity => (asked) =>
  asked.body === undefined ? header({ "content-type": "application/json" })(asked) : { ...asked, body: text }

/**
 * NOT AMONG THEM: `?raw`, which makes `POST /v1/documents/generate` answer with the document in the media type to publish it with.
 * OpenAPI has no word for a body that depends on a parameter; the text of the operation says it.
 */
const oddities: Readonly<Record<string, Oddity>> = {
  "nothing accepted": header({ accept: "image/png" }),
  "XML accepted": header({ accept: "application/xml;q=1, */*;q=0" }),
  "text accepted": header({ accept: "text/plain" }),
  "octets accepted": header({ accept: "application/octet-stream;q=0.9, application/json;q=0.1" }),
  "malformed accept": header({ accept: ";;;,q=" }),
  "gzip": header({ "accept-encoding": "gzip" }),
  "brotli": header({ "accept-encoding": "br;q=1, *;q=0" }),
  "a range": header({
    range: "bytes=0-10",
    "if-none-match": "*",
    "if-modified-since": "Sun, 29 Nov 2026 00:00:00 GMT"
  }),
  "an upgrade": header({ connection: "upgrade", upgrade: "h2c" }),
  "another origin": header({ origin: "https://elsewhere.example", "sec-fetch-site": "cross-site" }),
  "an id of the caller": header({ "x-request-id": "a".repeat(128) }),
  "an id that is none": header({ "x-request-id": "<script>" }),
  "a trace": header({ traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" }),
  "an unknown key": header({ authorization: "Bearer 0123456789abcdef0123" }),
  "another scheme": header({ authorization: "Basic dTpw" }),
  "an empty key": header({ authorization: "Bearer " }),
  "the key of a server": header(bearer("verify")),
  "an unknown parameter": query("x=1"),
  "a repeated parameter": query("domain=a.example&domain=b.example"),
  "malformed percent-encoding": query("domain=%zz"),
  "no JSON": body("{"),
  "null": body("null"),
  "an array": body("[]"),
  "an empty object": body("{}"),
  "an empty body": body(""),
  "no UTF-8": body(Buffer.from([0x7b, 0xff, 0xfe])),
  "a deep body": body("[".repeat(5_000)),
  "a prototype": body("{\"__proto__\":{\"domain\":\"a.example\"}}"),
  "no gzip": header({ "content-encoding": "gzip" }),
  "an unknown coding": header({ "content-encoding": "zstd" }),
  "another charset": header({ "content-type": "application/json; charset=utf-16" }),
  "a form": header({ "content-type": "application/x-www-form-urlencoded" }),
  "a certificate of octets": header({ "content-type": "application/pkix-cert" }),
  "many lines": (asked) => header(Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`x-${at}`, "1"])))(asked),
  "HEAD": (asked) => asked.method === "GET" ? { ...asked, method: "HEAD" } : asked
}

/** Forgets another domain than the one that is asked about: origins are not asked as often as somebody forgets. */
const baseOf = (id: string): Asked => {
  const asked = anyRequestOf(id)
  return asked.method === "DELETE" ? { ...asked, path: "/v1/associations/quiet.example/xmpp-server" } : asked
}

const others: ReadonlyArray<Asked> = [
  ...["OPTIONS", "PUT", "PATCH", "TRACE", "POST", "DELETE", "PROPFIND"].map((method) => ({
    method,
    path: "/health/live"
  })),
  { method: "GET", path: "/v1/verify/batch" },
  { method: "PUT", path: "/v1/verify", body: "{}" },
  { method: "GET", path: "/" },
  { method: "GET", path: "/v1/associations/a.example" },
  { method: "GET", path: "/v1/verify/" },
  { method: "GET", path: "/../etc/passwd" },
  { method: "GET", path: "/v2/verify" }
]

layer(ContractWorld.layer, { excludeTestServices: true, timeout: 120_000 })("nothing undocumented", (it) => {
  it.effect.each(Object.entries(oddities))("%s", ([, odd]) =>
    Effect.gen(function*() {
      const { baseUrl } = yield* ContractWorld
      const faults = yield* Effect.forEach([...routes.keys()], (id) =>
        Effect.map(ask(baseUrl, odd(baseOf(id))), (reply) => {
          const isHead = odd(baseOf(id)).method === "HEAD"
          return undocumented(id, reply, isHead).map((fault) =>
            `${id} ${reply.status}: ${fault}`
          )
        }), { concurrency: 4 })
      assert.deepStrictEqual(faults.flat(), [])
    }))

  it.effect("what is no operation gets 404, or 405 with what the path takes", () =>
    Effect.gen(function*() {
      const { baseUrl } = yield* ContractWorld
      for (const { headers, ...asked } of others) {
        const reply = yield* ask(baseUrl, { ...asked, headers: { ...headers, ...bearer("verify") } })
        assert.oneOf(reply.status, [404, 405], `${asked.method} ${asked.path}`)
        assert.strictEqual(reply.headers["content-type"], problemMediaType)
        assert.strictEqual(reply.headers["allow"] !== undefined, reply.status === 405)
        assert.deepStrictEqual(faultsBy(["components", "schemas", "Problem"], JSON.parse(reply.body)), [])
      }
    }))
})
