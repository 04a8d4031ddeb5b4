/**
 * Callers behind trusted proxies: each has limits of its own, and none can be another.
 */
import { assert, describe, it } from "@effect/vitest"
import { parseNetworks } from "@posh/core/node"
import { Effect, Result } from "effect"
import { Callers } from "../../src/access/Callers.ts"
import { jsonBody, Service } from "../service.ts"
import { fakeVerifier, verified } from "../service/verdicts.ts"

const { layer: verifier } = fakeVerifier({ "hosted.example": verified })
const question = { domain: "hosted.example", service: "xmpp-server", certificate: "MII" }
const trustedProxies = Result.getOrThrow(parseNetworks("127.0.0.1/32"))

const askFrom = Effect.fnUntraced(function*(headers: Readonly<Record<string, string>>, more: object = {}) {
  const { ask } = yield* Service
  const asked = jsonBody({ ...question, ...more })
  const { status } = yield* ask("/v1/verify", { ...asked, headers: { ...asked.headers, ...headers } })
  return status
})

/** Uses up the ten seconds' worth of one question a second. */
const exhaust = (headers: Readonly<Record<string, string>>) =>
  Effect.repeat(askFrom(headers), { until: (status) => status === 429 })

describe("limits of callers without keys", () => {
  it.layer(Service.layer(verifier, { limits: { callerRate: 1, trustedProxies } }), { excludeTestServices: true })(
    (it) => {
      it.effect("are those of the client behind a trusted proxy, in either way and in batches", () =>
        Effect.gen(function*() {
          const { ask } = yield* Service
          yield* exhaust({ "x-forwarded-for": "198.51.100.1" })
          assert.strictEqual(yield* askFrom({ "x-forwarded-for": "198.51.100.1" }, { explain: true }), 429)
          assert.strictEqual(yield* askFrom({ forwarded: "for=\"198.51.100.1:80\"" }), 429)
          assert.strictEqual(yield* askFrom({ "x-forwarded-for": "198.51.100.2" }), 200)
          const batch = jsonBody({ requests: [question] })
          const { text } = yield* ask("/v1/verify/batch", {
            ...batch,
            headers: { ...batch.headers, "x-forwarded-for": "198.51.100.1" }
          })
          assert.include(text, "TooManyRequests")
        }))

      it.effect("are not escaped by what a client writes itself", () =>
        Effect.gen(function*() {
          yield* exhaust({ "x-forwarded-for": "198.51.100.3" })
          assert.strictEqual(yield* askFrom({ "x-forwarded-for": "198.51.100.9, 198.51.100.3" }), 429)
          assert.strictEqual(yield* askFrom({ "x-forwarded-for": "127.0.0.1, 198.51.100.3" }), 429)
        }))

      it.effect("are those of the IPv6 network", () =>
        Effect.gen(function*() {
          yield* exhaust({ "x-forwarded-for": "2001:db8::1" })
          assert.strictEqual(yield* askFrom({ "x-forwarded-for": "[2001:db8::ffff]:1" }), 429)
          assert.strictEqual(yield* askFrom({ "x-forwarded-for": "2001:db8:0:1::1" }), 200)
        }))
    }
  )

  it.layer(Service.layer(verifier, { limits: { callerRate: 1 } }), { excludeTestServices: true })((it) => {
    it.effect("are those of the connection without trusted proxies", () =>
      Effect.gen(function*() {
        yield* exhaust({ "x-forwarded-for": "198.51.100.1" })
        assert.strictEqual(yield* askFrom({ "x-forwarded-for": "198.51.100.2" }), 429)
      }))
  })
})

describe("without keys, this machine alone may ask", () => {
  const rows: ReadonlyArray<readonly [string, Readonly<Record<string, string>>, trusting: number, otherwise: number]> =
    [
      ["directly", {}, 200, 200],
      ["through a proxy from elsewhere", { "x-forwarded-for": "198.51.100.1" }, 403, 403],
      ["through a proxy from this machine", { "x-forwarded-for": "127.0.0.1" }, 200, 403],
      ["through a proxy from this machine, by RFC 7239", { forwarded: "for=\"[::1]:5\"" }, 200, 403],
      ["through a proxy that names nobody", { forwarded: "for=unknown" }, 403, 403],
      ["through a proxy that says only that it is one", { via: "1.1 proxy" }, 403, 403],
      ["through a proxy, pretending to be here", { "x-forwarded-for": "127.0.0.1, 198.51.100.1" }, 403, 403]
    ]
  const callers = Callers.layerThisMachine
  const localhost = { host: "localhost" }
  it.layer(Service.layer(verifier, { callers, limits: { trustedProxies } }), { excludeTestServices: true })((it) => {
    it.effect.each(rows)("%s, which is trusted", ([, headers, status]) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* askFrom({ ...localhost, ...headers }), status)
      }))
  })
  it.layer(Service.layer(verifier, { callers }), { excludeTestServices: true })((it) => {
    it.effect.each(rows)("%s", ([, headers, , status]) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* askFrom({ ...localhost, ...headers }), status)
      }))
  })
})
