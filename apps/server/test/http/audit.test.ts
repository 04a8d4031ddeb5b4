/**
 * What operators can look up in the log: admin actions, refused keys, refusals; by the id that the caller has.
 */
import { assert, beforeEach, describe, it } from "@effect/vitest"
import { parseNetworks } from "@posh/core/node"
import { Effect, Logger, Result } from "effect"
import { makeRefusedCount, mostLines } from "../../src/telemetry/refusedKeys.ts"
import { fleetKeys } from "../access/world.ts"
import { jsonBody, Service, type TestRequest } from "../service.ts"
import { fakeVerifier, verified } from "../service/verdicts.ts"

interface Line {
  readonly level: string
  readonly message: string
  readonly annotations: Readonly<Record<string, unknown>>
}

const lines: Array<Line> = []
const logger = Logger.map(Logger.formatStructured, ({ annotations, level, message }) => {
  lines.push({ level, message: String(message), annotations })
})

const { bearer, callers } = fleetKeys
const { layer: verifier } = fakeVerifier({ "hosted.example": verified })
const trustedProxies = Result.getOrThrow(parseNetworks("127.0.0.1/32"))
const service = Service.layer(verifier, { callers, logger, limits: { trustedProxies } })

const association = "/v1/associations/hosted.example/xmpp-server"
const question = { domain: "hosted.example", service: "xmpp-server", certificate: "MII" }
const from = { "x-request-id": "call-17", "x-forwarded-for": "198.51.100.7" }
const asAdmin = (asked: TestRequest = {}): TestRequest => ({
  ...asked,
  headers: { ...asked.headers, ...bearer("admin"), ...from }
})

interface Row {
  readonly name: string
  readonly path: string
  readonly asked: TestRequest
  readonly audit: string
  readonly facts?: Readonly<Record<string, unknown>>
}

const domain = { domain: "hosted.example", service: "xmpp-server" }

const rows: ReadonlyArray<Row> = [
  {
    name: "a purge",
    path: association,
    asked: asAdmin({ method: "DELETE" }),
    audit: "purge",
    facts: { ...domain, pending: "nothing" }
  },
  {
    name: "a refresh of an association",
    path: `${association}?refresh=true`,
    asked: asAdmin(),
    audit: "refresh",
    facts: domain
  },
  {
    name: "a refresh by a question",
    path: "/v1/verify",
    asked: asAdmin(jsonBody({ ...question, refresh: true })),
    audit: "refresh",
    facts: domain
  },
  {
    name: "a refresh by fingerprint",
    path: `/v1/verify?domain=hosted.example&service=xmpp-server&sha-256=${"0".repeat(64)}&refresh=true`,
    asked: asAdmin(),
    audit: "refresh",
    facts: domain
  },
  {
    name: "a refresh in a batch",
    path: "/v1/verify/batch",
    asked: asAdmin(jsonBody({ requests: [{ ...question, refresh: true }] })),
    audit: "refresh",
    facts: domain
  },
  { name: "an inventory", path: "/v1/associations", asked: asAdmin(), audit: "inventory" }
]

describe("the log", () => {
  beforeEach(() => void (lines.length = 0))

  it.layer(service, { excludeTestServices: true })((it) => {
    for (const { asked, audit, facts = {}, name, path } of rows) {
      it.effect(`has ${name}, at info, with caller, address and request`, () =>
        Effect.gen(function*() {
          const { ask } = yield* Service
          const response = yield* ask(path, asked)
          assert.isBelow(response.status, 300)
          assert.strictEqual(response.headers["x-request-id"], "call-17")
          const [line, ...more] = lines.filter(({ annotations }) => annotations["audit"] !== undefined)
          assert.deepStrictEqual(more, [])
          assert.strictEqual(line?.level, "INFO")
          assert.include({ ...line?.annotations }, {
            audit,
            caller: "ops",
            address: "198.51.100.7",
            request: "call-17",
            ...facts
          })
        }))
    }

    it.effect("has no line of an answer from memory, nor of what anybody may do", () =>
      Effect.gen(function*() {
        const { ask } = yield* Service
        yield* ask(association, asAdmin())
        yield* ask("/v1/verify", asAdmin(jsonBody(question)))
        assert.deepStrictEqual(lines.filter(({ annotations }) => annotations["audit"] !== undefined), [])
      }))

    it.effect("has refused keys once for each address, and never the key", () =>
      Effect.gen(function*() {
        const { ask } = yield* Service
        const guess = (address: string) =>
          ask("/v1/verify", {
            ...jsonBody(question),
            headers: { authorization: "Bearer guessed-guessed-guessed", "x-forwarded-for": address }
          })
        for (const address of ["192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.1"]) yield* guess(address)
        const refused = lines.filter(({ annotations }) => annotations["audit"] === "key refused")
        assert.deepStrictEqual(refused.map(({ annotations }) => annotations["address"]), ["192.0.2.1", "192.0.2.2"])
        assert.notInclude(JSON.stringify(lines), "guessed")
      }))

    it.effect.each<readonly [string, string, TestRequest, number]>([
      ["by the gate", "/v1/verify", jsonBody(question), 401],
      ["by the scope", "/v1/associations", { headers: bearer("verify") }, 403],
      [
        "by the fast lane",
        "/v1/verify",
        { ...jsonBody({}), headers: { ...jsonBody({}).headers, ...bearer("verify") } },
        400
      ],
      ["by the router", "/v2?key=secret", { headers: bearer("verify") }, 404]
    ])(
      "has what is refused %s at debug, with the id of the problem",
      ([, path, asked, status]) =>
        Effect.gen(function*() {
          const { ask } = yield* Service
          const { headers, json } = yield* ask(path, asked)
          yield* Effect.sleep("20 millis").pipe(
            Effect.repeat({ until: () => lines.length > 0 }),
            Effect.timeout("5 seconds")
          )
          const refused = lines.filter(({ message }) => message.includes("refused"))
          const request = String(headers["x-request-id"])
          assert.strictEqual((json as { readonly instance: string }).instance, `urn:posh:request:${request}`)
          assert.deepStrictEqual(
            refused.map(({ annotations, level }) => [level, annotations["request"], annotations["status"]]),
            [
              ["DEBUG", request, status]
            ]
          )
          assert.notInclude(JSON.stringify(refused), "secret")
        })
    )
  })
})

describe("the id of a request", () => {
  it.layer(service, { excludeTestServices: true })((it) => {
    it.effect.each<readonly [name: string, given: string, isTaken: boolean]>([
      ["a UUID", "9f0c3a52-6f57-4e0b-9d6e-6a2f1c0e8b11", true],
      ["a trace", "Root=1-67891233-abcdef012345678912345678", true],
      ["base64", "AAA+/b==", true],
      ["128 characters", "a".repeat(128), true],
      ["129 characters", "a".repeat(129), false],
      ["white space", "a b", false],
      ["quotes", "\"a\"", false],
      ["a comma, as of two fields", "a, b", false],
      ["markup", "<script>", false],
      ["letters beyond ASCII", "caf\u00e9", false]
    ])("is taken from the caller if it is well-formed: %s", ([, given, isTaken]) =>
      Effect.gen(function*() {
        const { ask } = yield* Service
        for (const path of ["/health/live", "/v2", "/v1/verify"]) {
          const { headers } = yield* ask(path, {
            ...jsonBody({}),
            method: path === "/v1/verify" ? "POST" : "GET",
            headers: { "x-request-id": given }
          })
          const id = String(headers["x-request-id"])
          if (isTaken) assert.strictEqual(id, given)
          else assert.match(id, /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/)
        }
      }))
  })
})

describe("lines about refused keys", () => {
  it("one for each network and minute, with how many were refused since", () => {
    const count = makeRefusedCount()
    assert.strictEqual(count("a", 0), 1)
    for (let now = 1; now < 60_000; now += 1_000) assert.isUndefined(count("a", now))
    assert.strictEqual(count("b", 59_000), 1)
    assert.strictEqual(count("a", 60_000), 61)
    assert.strictEqual(count("a", 120_000), 1)
  })

  it("not more than a screen in a minute, from however many networks", () => {
    const count = makeRefusedCount()
    const due = Array.from({ length: 100_000 }, (_, network) => count(String(network), network / 10))
    assert.strictEqual(due.filter((keys) => keys !== undefined).length, mostLines)
    assert.strictEqual(count("later", 70_000), 1)
  })
})
