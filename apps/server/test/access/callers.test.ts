/**
 * Status by key and route, over HTTP.
 */
import { assert, layer } from "@effect/vitest"
import { Api, type BatchResponse, makeClient, problems } from "@posh/api"
import { Effect, Redacted } from "effect"
import { FetchHttpClient } from "effect/http"
import { HttpApi } from "effect/http-api"
import { connect } from "node:net"
import { Callers } from "../../src/access/Callers.ts"
import { makeKey } from "../../src/access/Key.ts"
import { jsonBody, Service, type TestRequest } from "../service.ts"
import { fakeVerifier, verified } from "../service/verdicts.ts"

const made = { fleet: makeKey("fleet", "verify"), ops: makeKey("ops", "admin"), stranger: makeKey("stranger", "admin") }
const keys = [made.fleet.entry, made.ops.entry]
const bearer = (name: keyof typeof made) => ({ authorization: `Bearer ${Redacted.value(made[name].secret)}` })

const { layer: verifier } = fakeVerifier({ "hosted.example": verified })
const service = Service.layer(verifier, {
  callers: Callers.layer({ apiKeys: keys, apiKeysFile: undefined }, { keys, byCertificate: false })
})

const question = { domain: "hosted.example", service: "xmpp-server", certificate: "MII" }
const asked = "domain=hosted.example&service=xmpp-server"
const association = "/v1/associations/hosted.example/xmpp-server"

interface Route {
  readonly route: string
  readonly asked?: TestRequest
  /** Statuses without a key, with an unknown one, and with the scopes `verify` and `admin`. */
  readonly statuses: readonly [none: number, unknown: number, verify: number, admin: number]
}

const rows: ReadonlyArray<Route> = [
  { route: "/v1/verify", asked: jsonBody(question), statuses: [401, 401, 200, 200] },
  { route: `/v1/verify?${asked}&sha-256=${"0".repeat(64)}`, statuses: [401, 401, 200, 200] },
  { route: "/v1/verify/batch", asked: jsonBody({ requests: [question] }), statuses: [401, 401, 200, 200] },
  { route: association, statuses: [401, 401, 200, 200] },
  { route: association, asked: { method: "HEAD" }, statuses: [401, 401, 200, 200] },
  { route: association, asked: { method: "DELETE" }, statuses: [401, 401, 403, 204] },
  { route: "/v1/associations", statuses: [401, 401, 403, 200] },
  { route: "/v1/associations", asked: { method: "HEAD" }, statuses: [401, 401, 403, 200] },
  {
    route: "/v1/documents/lint",
    asked: jsonBody({ document: "{}", generation: "draft" }),
    statuses: [401, 401, 403, 200]
  },
  {
    route: "/v1/documents/generate",
    asked: jsonBody({ url: "https://hosting.net/", expires: 60 }),
    statuses: [401, 401, 200, 200]
  },
  // `refresh` needs admin in every route.
  { route: `${association}?refresh=true`, statuses: [401, 401, 403, 200] },
  { route: "/v1/verify", asked: jsonBody({ ...question, refresh: true }), statuses: [401, 401, 403, 200] },
  { route: `/v1/verify?${asked}&sha-256=${"0".repeat(64)}&refresh=true`, statuses: [401, 401, 403, 200] },
  // Open routes: for any caller and any method.
  { route: "/health/live", statuses: [200, 200, 200, 200] },
  { route: "/health/ready", statuses: [503, 503, 503, 503] },
  { route: "/health/live", asked: { method: "HEAD" }, statuses: [200, 200, 200, 200] },
  { route: "/health/live?probe=1", statuses: [200, 200, 200, 200] },
  { route: "/health/live", asked: { method: "POST" }, statuses: [405, 405, 405, 405] },
  { route: "/metrics", statuses: [404, 404, 404, 404] }, // open, but metrics are off
  { route: "/openapi.json", statuses: [200, 200, 200, 200] },
  { route: "/docs", statuses: [200, 200, 200, 200] },
  { route: "/docs/style.css", statuses: [200, 200, 200, 200] },
  // Unknown paths and methods: no information without a key.
  { route: "/v2/verify", statuses: [401, 401, 404, 404] },
  { route: "/", statuses: [401, 401, 404, 404] },
  { route: "/v1/verify", asked: { method: "PUT" }, statuses: [401, 401, 405, 405] },
  { route: "/v1/verify", asked: { method: "OPTIONS" }, statuses: [401, 401, 405, 405] },
  { route: "/v1/verify", asked: jsonBody({}), statuses: [401, 401, 400, 400] },
  // Other spellings that the router accepts.
  { route: "/v1/%61ssociations", statuses: [401, 401, 403, 200] },
  { route: "/v1/associations;limit=1", statuses: [401, 401, 403, 200] },
  {
    route: "/v1/documents/l%69nt",
    asked: jsonBody({ document: "{}", generation: "draft" }),
    statuses: [401, 401, 403, 200]
  },
  { route: "/health/l%69ve", statuses: [401, 401, 200, 200] },
  { route: "/health/live/../../v1/associations", statuses: [401, 401, 404, 404] },
  { route: "//health/live", statuses: [401, 401, 404, 404] }
]

const callers = [{}, bearer("stranger"), bearer("fleet"), bearer("ops")]

layer(service, { excludeTestServices: true })("authorisation", (it) => {
  for (const { asked = {}, route, statuses } of rows) {
    it.effect(`${asked.method ?? "GET"} ${route} → ${statuses.join(", ")}`, () =>
      Effect.gen(function*() {
        const { ask } = yield* Service
        for (const [index, authorization] of callers.entries()) {
          const headers = { ...asked.headers, ...authorization }
          const response = yield* ask(route, { ...asked, headers })
          assert.strictEqual(response.status, statuses[index], response.text)
          assert.isUndefined(response.headers["access-control-allow-origin"])
          assert.strictEqual(response.headers["x-content-type-options"], "nosniff")
          const isRefusal = response.status === 401 || response.status === 403
          if (!isRefusal) assert.isUndefined(response.headers["www-authenticate"])
          if (isRefusal && asked.method !== "HEAD") {
            const code = response.status === 401 ? "Unauthorized" : "Forbidden"
            assert.strictEqual(response.headers["content-type"], "application/problem+json")
            assert.deepInclude(response.json, { code, status: response.status, title: problems[code].title })
          }
        }
      }))
  }

  it.effect("the table covers every operation of the contract", () =>
    Effect.sync(() => {
      const tried = rows.map(({ asked, route }) => `${asked?.method ?? "GET"} ${route.split("?", 1)[0]}`)
      HttpApi.reflect(Api, {
        onGroup: () => {},
        onEndpoint: ({ endpoint: { method, path } }) => {
          const route = path.replace(":domain", "hosted.example").replace(":service", "xmpp-server")
          assert.include(tried, `${method} ${route}`)
        }
      })
    }))

  it.effect("the challenge of 401 names the fault of a key; that of 403 the missing scope (RFC 6750 §3)", () =>
    Effect.gen(function*() {
      const { ask } = yield* Service
      const challenges: ReadonlyArray<readonly [headers: Readonly<Record<string, string>>, challenge: string]> = [
        [{}, `Bearer realm="posh"`],
        [{ authorization: "Basic b3BzOm9wcw==" }, `Bearer realm="posh"`],
        [{ authorization: "Bearer" }, `Bearer realm="posh"`],
        [
          { authorization: "Bearer 0123456789abcdef" },
          `Bearer realm="posh", error="invalid_token", error_description="The key is not known here"`
        ],
        ...["x", "k".repeat(257), "a key with spaces"].map((key) =>
          [
            { authorization: `Bearer ${key}` },
            `Bearer realm="posh", error="invalid_token", ` +
            `error_description="This is no key: a key is 16 to 256 visible ASCII characters"`
          ] as const
        ),
        [bearer("fleet"), `Bearer realm="posh", error="insufficient_scope", scope="admin"`]
      ]
      for (const [headers, challenge] of challenges) {
        const response = yield* ask("/v1/associations", { headers })
        assert.strictEqual(response.headers["www-authenticate"], challenge)
      }
    }))

  it.effect("the scheme is case-insensitive", () =>
    Effect.gen(function*() {
      const { ask } = yield* Service
      const authorization = bearer("fleet").authorization.replace("Bearer", "bEARER")
      assert.strictEqual((yield* ask(association, { headers: { authorization } })).status, 200)
    }))

  it.effect("in a batch, `refresh` without the scope is a problem of its question only", () =>
    Effect.gen(function*() {
      const { ask } = yield* Service
      const body = jsonBody({ requests: [question, { ...question, id: "b", refresh: true }, question] })
      const { json, status } = yield* ask("/v1/verify/batch", {
        ...body,
        headers: { ...body.headers, ...bearer("fleet") }
      })
      assert.strictEqual(status, 200)
      const { results } = json as BatchResponse
      assert.deepStrictEqual(results.map(({ answer, problem }) => answer?.code ?? problem?.code), [
        "Verified",
        "Forbidden",
        "Verified"
      ])
      assert.deepInclude(results[1]?.problem, { status: 403, field: "requests[1].refresh" })
    }))

  it.effect("a web page of another site gets no CORS headers", () =>
    Effect.gen(function*() {
      const { ask } = yield* Service
      const origin = { origin: "https://evil.example" }
      const preflight = {
        ...origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization"
      }
      const responses = [
        yield* ask("/v1/verify", { method: "OPTIONS", headers: preflight }),
        yield* ask("/v1/verify", { method: "OPTIONS", headers: { ...preflight, ...bearer("ops") } }),
        yield* ask("/health/live", { method: "OPTIONS", headers: preflight }),
        yield* ask(association, { headers: { ...origin, ...bearer("ops") } })
      ]
      assert.deepStrictEqual(responses.map(({ status }) => status), [401, 405, 405, 200])
      for (const { headers } of responses) {
        assert.deepStrictEqual(Object.keys(headers).filter((name) => name.startsWith("access-control-")), [])
      }
    }))

  it.effect("the typed client sends its key", () =>
    Effect.gen(function*() {
      const { baseUrl } = yield* Service
      const statusWith = Effect.fnUntraced(function*(options?: { readonly key: Redacted.Redacted }) {
        const client = yield* makeClient(baseUrl, options)
        return yield* client.verification.verify({ payload: question }).pipe(
          Effect.match({
            onFailure: (error) => "status" in error ? error.status : 0,
            onSuccess: ({ valid }) => valid ? 200 : 0
          })
        )
      })
      const client = [
        yield* statusWith(),
        yield* statusWith({ key: made.stranger.secret }),
        yield* statusWith({ key: made.fleet.secret })
      ]
      assert.deepStrictEqual(client, [401, 401, 200])
    }).pipe(Effect.provide(FetchHttpClient.layer)))

  const key = bearer("stranger").authorization
  it.effect.each<readonly [string, string, RegExp]>([
    [
      "waits for leave to send its body",
      "POST /v1/documents/lint HTTP/1.1\r\nExpect: 100-continue\r\n",
      /^HTTP\/1\.1 401 /
    ],
    [
      "wants another protocol",
      "GET /v1/associations HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n",
      /^HTTP\/1\.1 401 /
    ],
    [
      "wants HTTP/2",
      "GET /v1/associations HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n",
      /^HTTP\/1\.1 401 /
    ],
    ["wants a tunnel", "CONNECT 127.0.0.1:80 HTTP/1.1\r\n", /^HTTP\/1\.1 405 /],
    [
      "gives two keys",
      `GET /v1/associations HTTP/1.1\r\nAuthorization: ${key}\r\nAuthorization: Bearer x\r\n`,
      /^HTTP\/1\.1 401 /
    ],
    ["names the whole URL", "GET http://x/v1/associations HTTP/1.1\r\n", /^HTTP\/1\.1 401 /],
    [
      "names the whole URL, with an open path behind a host",
      "GET http://x/v1/../health/live HTTP/1.1\r\n",
      /^HTTP\/1\.1 401 /
    ],
    [
      "names a URL whose host looks like an open path",
      "GET http:///health/live/v1/associations HTTP/1.1\r\n",
      /^HTTP\/1\.1 40[01] /
    ],
    // An absolute target is its path (RFC 9112 §3.2.2), and this one is open.
    ["names the whole URL of an open path", "GET http://x/health/live HTTP/1.1\r\n", /^HTTP\/1\.1 200 /]
  ])("no request bypasses the gate that %s", ([, head, expected]) =>
    Effect.gen(function*() {
      const { baseUrl } = yield* Service
      const answer = yield* exchange(
        Number(new URL(baseUrl).port),
        `${head}Host: x\r\nContent-Type: application/json\r\nContent-Length: 0\r\n${
          /Connection:/.test(head) ? "" : "Connection: close\r\n"
        }\r\n`
      )
      assert.match(answer, expected)
    }))
})

/** What is received until the service closes, or for half a second after the last octet. */
const exchange = (port: number, octets: string) =>
  Effect.callback<string>((resume) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(octets))
    let received = ""
    socket.setTimeout(500, () => socket.destroy())
    socket.on("data", (chunk) => received += chunk.toString())
    socket.on("close", () => resume(Effect.succeed(received)))
    socket.on("error", () => undefined)
  })

layer(Service.layer(verifier), { excludeTestServices: true })("without keys", (it) => {
  it.effect("every caller is admin, whatever key it sends", () =>
    Effect.gen(function*() {
      const { ask } = yield* Service
      for (const headers of [{}, bearer("stranger"), { authorization: "Bearer x" }]) {
        assert.strictEqual((yield* ask("/v1/associations", { headers })).status, 200)
        assert.strictEqual((yield* ask(association, { headers, method: "DELETE" })).status, 204)
      }
    }))
})
