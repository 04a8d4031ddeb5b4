/**
 * Mutual TLS and keys together: scopes of a certificate, and of a key besides. For fast lane and router.
 */
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { Callers } from "../../src/access/Callers.ts"
import { jsonBody, Service, type TestRequest } from "../service.ts"
import { fakeVerifier, verified } from "../service/verdicts.ts"
import { certificates, fleetKeys, toTls, trust } from "./world.ts"

const { layer: verifier } = fakeVerifier({ "hosted.example": verified })
const { bearer, keys } = fleetKeys
const tls = { ...trust, cert: certificates.good.pem, key: certificates.good.keyPem }

const question = jsonBody({ domain: "hosted.example", service: "xmpp-server", certificate: "MII" })
const unusual = { ...question, headers: { "content-type": "application/json; charset=utf-8" } }
const unknown = { authorization: "Bearer x" }

const rows: ReadonlyArray<
  readonly [path: string, asked: TestRequest, none: number, unknown: number, verify: number, admin: number]
> = [
  ["/v1/verify", question, 200, 401, 200, 200],
  ["/v1/verify", unusual, 200, 401, 200, 200],
  ["/v1/associations", {}, 403, 401, 403, 200],
  ["/health/live", {}, 200, 200, 200, 200],
  ["/nothing", {}, 404, 401, 404, 404]
]

const guard = (known: typeof keys | undefined) =>
  Callers.layer({ apiKeys: known, apiKeysFile: undefined }, {
    byCertificate: true,
    ...(known === undefined ? {} : { keys: known })
  })

layer(Service.layer(verifier, { callers: guard(keys), tls: toTls("server", "fleetCa") }), {
  excludeTestServices: true
})(
  "a certificate allows `verify`, a key what its scope says",
  (it) => {
    for (const [path, asked, ...statuses] of rows) {
      it.effect(`${asked.method ?? "GET"} ${path} → ${statuses.join(", ")}`, () =>
        Effect.gen(function*() {
          const { ask } = yield* Service
          const got = yield* Effect.forEach(
            [{}, unknown, bearer("verify"), bearer("admin")],
            (key) => ask(path, { ...asked, headers: { ...asked.headers, ...key }, tls })
          )
          assert.deepStrictEqual(got.map(({ status }) => status), statuses)
        }))
    }
  }
)

layer(Service.layer(verifier, { callers: guard(undefined), tls: toTls("server", "fleetCa") }), {
  excludeTestServices: true
})("a client CA alone", (it) => {
  it.effect("authenticates clients by certificate, and no key", () =>
    Effect.gen(function*() {
      const { ask } = yield* Service
      assert.strictEqual((yield* ask("/v1/verify", { ...question, tls })).status, 200)
      assert.strictEqual((yield* ask("/v1/associations", { tls })).status, 403)
      assert.strictEqual((yield* ask("/v1/associations", { tls, headers: bearer("admin") })).status, 401)
    }))
})
