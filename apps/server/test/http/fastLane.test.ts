import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { fleetKeys, trust } from "../access/world.ts"
import { jsonBody, Service, type TestRequest } from "../service.ts"
import { domainOf, layerAnswering } from "../service/inquiries.ts"
import { indeterminate, verified } from "../service/verdicts.ts"

/** The behaviour of the verifier, by domain. */
const verifier = layerAnswering({
  recall: (inquiry) => {
    const domain = domainOf(inquiry)
    if (domain === "broken.example") throw new Error("a defect")
    if (domain === "half-remembered.example") return {} as typeof verified
    return domain === "remembered.example" ? verified : undefined
  },
  verify: (inquiry) => {
    const domain = domainOf(inquiry)
    if (domain === "defect.example") return Effect.die("a defect")
    if (domain === "broken.example") return Effect.die("a defect")
    if (domain === "half.example" || domain === "half-remembered.example") {
      return Effect.succeed({} as typeof verified) // a verdict that cannot be encoded
    }
    if (domain === "slow.example") return Effect.as(Effect.sleep("20 millis"), indeterminate)
    return Effect.succeed(domain === "down.example" ? indeterminate : verified)
  }
})

const question = (domain: string, more: object = {}) =>
  JSON.stringify({ domain, service: "xmpp-server", certificate: "MAA=", ...more })

/** Without `Content-Length` the router answers. */
const chunked = (body: string | Uint8Array) => ({
  method: "POST",
  headers: { "content-type": "application/json", "transfer-encoding": "chunked" },
  body
})
const plain = (body: string | Uint8Array) => ({
  ...jsonBody(null),
  body,
  headers: {
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body))
  }
})

const compare = Effect.fnUntraced(function*(body: string | Uint8Array, { headers, tls }: TestRequest = {}) {
  const { ask } = yield* Service
  const as = (asked: TestRequest): TestRequest => ({
    ...asked,
    headers: { ...asked.headers, ...headers },
    ...(tls === undefined ? {} : { tls })
  })
  const [fast, ordinary] = [yield* ask("/v1/verify", as(plain(body))), yield* ask("/v1/verify", as(chunked(body)))]
  assert.strictEqual(fast.status, ordinary.status)
  for (const name of ["content-type", "cache-control", "x-content-type-options", "www-authenticate"]) {
    assert.strictEqual(fast.headers[name], ordinary.headers[name], name)
  }
  const withoutId = (json: unknown) => typeof json === "object" ? { ...json, id: "", instance: "" } : json
  assert.deepStrictEqual(withoutId(fast.json), withoutId(ordinary.json))
  return fast.status
})

describe("the fast lane answers as the router does", () => {
  it.layer(Service.layer(verifier), { excludeTestServices: true })((it) => {
    it.effect.each<readonly [string, string | Uint8Array, number]>([
      ["verified", question("a.example"), 200],
      ["with evidence", question("a.example", { explain: true }), 200],
      ["indeterminate", question("down.example"), 200],
      ["not at once", question("slow.example"), 200],
      ["remembered", question("remembered.example"), 200],
      ["remembered, with evidence", question("remembered.example", { explain: true }), 200],
      ["remembered, and a refresh that is not", question("remembered.example", { refresh: true }), 200],
      ["a defect", question("defect.example"), 500],
      ["a defect at once", question("broken.example"), 500],
      ["a defect behind what is remembered", question("half-remembered.example"), 500],
      ["a defect behind the verdict", question("half.example"), 500],
      ["an unknown member", question("a.example", { nameChek: "source" }), 400],
      ["a missing member", "{}", 400],
      ["no object", "[]", 400],
      ["no JSON", "{", 400],
      ["no UTF-8", Uint8Array.of(0x22, 0xff, 0x22), 400],
      ["a byte order mark", Buffer.from(`\ufeff${question("a.example")}`), 200]
    ])("%s", ([, body, status]) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* compare(body), status)
        assert.strictEqual(yield* compare(body), status) // again, from the cache of questions
      }))

    it.effect("questions that differ only in the middle are distinguished", () =>
      Effect.gen(function*() {
        const { ask } = yield* Service
        const fill = "x".repeat(200)
        const bodies = ["a.example", "b.exampl\u00e9"].map((domain) =>
          JSON.stringify({ service: "xmpp-server", certificate: `${fill}${domain}${fill}`, domain: "a.example" })
        )
        for (const body of [...bodies, ...bodies]) {
          assert.strictEqual((yield* ask("/v1/verify", plain(body))).status, 200)
        }
        yield* compare(question("down.example"))
      }))

    it.effect.prop("any text", [Schema.String], ([text]) => text === "" ? Effect.void : Effect.asVoid(compare(text)), {
      arbitrary: { runs: 300 }
    })
  })
})

describe("both ways authenticate the same callers", () => {
  const { bearer, callers, serverTls } = fleetKeys
  const rows: ReadonlyArray<readonly [name: string, headers: Readonly<Record<string, string>>, body: string, number]> =
    [
      ["no key", {}, question("a.example"), 401],
      ["no key, and no JSON", {}, "{", 401],
      ["an unknown key", { authorization: "Bearer x" }, question("a.example"), 401],
      ["a key", bearer("verify"), question("a.example"), 200],
      ["a key, and no JSON", bearer("verify"), "{", 400],
      ["`refresh` without the scope", bearer("verify"), question("a.example", { refresh: true }), 403],
      ["`refresh` with the scope", bearer("admin"), question("a.example", { refresh: true }), 200]
    ]
  for (const [name, tls] of [["over HTTP", undefined], ["over TLS", serverTls]] as const) {
    describe(name, () => {
      it.layer(Service.layer(verifier, { callers, ...(tls === undefined ? {} : { tls }) }), {
        excludeTestServices: true
      })(
        (it) => {
          it.effect.each(rows)("%s", ([, headers, body, status]) =>
            Effect.gen(function*() {
              assert.strictEqual(yield* compare(body, { headers, tls: trust }), status)
            }))
        }
      )
    })
  }
})
