/** What programs without types give: they hear what is wrong and where, before anything is asked. */
import { assert, describe, it } from "@effect/vitest"
import { AssociationStore, layerMemory } from "@posh/core/cache"
import { Cause, Effect, Exit, Layer, Result } from "effect"
import { defaultPolicy, Fetcher, type Policy, Verifier } from "../src/index.ts"
import { HttpsFetcher } from "../src/node/index.ts"
import { parseDomain, parseService, registeredServices } from "../src/question/index.ts"

const untyped = <A>(value: unknown): A => value as A

const nobody = Layer.succeed(
  Fetcher,
  Fetcher.of({ get: () => Effect.die(new Error("nobody is to be asked")) })
)
const verifier = Verifier.layer(defaultPolicy).pipe(Layer.provide(nobody))

const build = <A, E extends Error>(layer: Layer.Layer<A, E>) =>
  Effect.scoped(Layer.build(layer)).pipe(
    Effect.match({
      onFailure: ({ _tag, message }: E & { _tag?: string }) => `${_tag}: ${message}`,
      onSuccess: () => "built"
    })
  )

describe("a policy", () => {
  const { cacheEntries: _, ...incomplete } = defaultPolicy
  const rows: ReadonlyArray<readonly [what: string, policy: unknown, outcome: string]> = [
    ["as it is by default", defaultPolicy, "built"],
    ["with grace for ever (POSH-CAC-22)", { ...defaultPolicy, draftGraceMs: Number.POSITIVE_INFINITY }, "built"],
    ["that is none", undefined, "PolicyError: policy: Expected object"],
    ["that is empty", {}, "PolicyError: services: is missing"],
    ["without an option", incomplete, "PolicyError: cacheEntries: is missing"],
    [
      "that asks for PKIX without roots",
      { ...defaultPolicy, prooftypes: ["pkix", "posh"] },
      "PolicyError: anchors: is missing, and prooftypes has pkix"
    ],
    [
      "that asks for DANE without usages",
      { ...defaultPolicy, prooftypes: ["dane", "posh"] },
      "PolicyError: daneUsages: is missing, and prooftypes has dane"
    ],
    ["with an unknown one", { ...defaultPolicy, cacheEntrys: 1 }, "PolicyError: cacheEntrys: there is no such option"],
    [
      "with no number",
      { ...defaultPolicy, cacheOctets: Number.NaN },
      "PolicyError: cacheOctets: Expected a number of at least 0"
    ],
    [
      "with a negative one",
      { ...defaultPolicy, cacheEntries: -1 },
      "PolicyError: cacheEntries: Expected a number of at least 0"
    ],
    [
      "with a text for a number",
      { ...defaultPolicy, budgets: { ...defaultPolicy.budgets, inFlight: "256" } },
      "PolicyError: budgets.inFlight: Expected number"
    ],
    [
      "with an unknown choice",
      { ...defaultPolicy, match: "key" },
      "PolicyError: match: Expected \"certificate\" | \"spki\""
    ],
    [
      "with services by name",
      { ...defaultPolicy, services: ["xmpp-server"] },
      "PolicyError: services: Expected what makeServiceRegistry gives"
    ],
    [
      "with clocks that differ by more than five minutes (POSH-MAT-02)",
      { ...defaultPolicy, clockSkewMs: 300_001 },
      "PolicyError: clockSkewMs: Expected a value less than or equal to 300000"
    ]
  ]
  it.effect.each(rows)("%s", ([, policy, outcome]) =>
    Effect.gen(function*() {
      const layers = [
        Verifier.layer(untyped<Policy>(policy)),
        Verifier.layerNoDeps(untyped<Policy>(policy)).pipe(Layer.provide(layerMemory({ entries: 1, octets: 1 })))
      ]
      for (const layer of layers) assert.strictEqual(yield* build(layer.pipe(Layer.provide(nobody))), outcome)
    }))
})

describe("bounds of the memory cache", () => {
  it.effect.each([
    ["none", {}, "entries: must be a number of at least 0"],
    ["one", { entries: 1 }, "octets: must be a number of at least 0"]
  ])("%s", ([, options, outcome]) =>
    Effect.gen(function*() {
      const exit = yield* Effect.exit(
        AssociationStore.use(Effect.succeed).pipe(Effect.provide(layerMemory(untyped(options))))
      )
      assert.strictEqual(Exit.isFailure(exit) ? message(exit.cause) : "built", outcome)
    }))
})

describe("options of HttpsFetcher", () => {
  const words = "EgressConfigError: userAgent: must be words of printable ASCII"
  const rows: ReadonlyArray<readonly [what: string, options: unknown, outcome: string]> = [
    ["one", { userAgent: "posh-test/1.0" }, "built"],
    ["none at all", undefined, words],
    ["none", {}, words],
    ["a number", { userAgent: 1 }, words],
    [
      "overrides as text",
      { userAgent: "a", connectTo: ":=127.0.0.1:1" },
      "EgressConfigError: connectTo: must be what parseConnectTo gives"
    ],
    [
      "networks as text",
      { userAgent: "a", allowNetworks: ["10.0.0.0/8"] },
      "EgressConfigError: allowNetworks: must be what parseNetworks gives"
    ],
    [
      "a name server as text",
      { userAgent: "a", dnsServers: "127.0.0.1" },
      "EgressConfigError: dnsServers: must be a list of address:port"
    ],
    [
      "a proxy as text",
      { userAgent: "a", proxy: "http://127.0.0.1:1" },
      "EgressConfigError: proxy: must be what parseProxy gives"
    ],
    [
      "pins by host",
      { userAgent: "a", pins: { "a.example": [] } },
      "EgressConfigError: pins: must be what parsePins gives"
    ],
    ["roots as octets", { userAgent: "a", extraCa: new Uint8Array() }, "EgressConfigError: extraCa: must be PEM text"]
  ]
  it.effect.each(rows)("%s", ([, options, outcome]) =>
    Effect.gen(function*() {
      assert.strictEqual(yield* build(HttpsFetcher.layer(untyped(options))), outcome)
    }))
})

describe("a question", () => {
  const fingerprint = { "sha-256": "0".repeat(64) }
  const good = { domain: "hosted.net", service: "xmpp-server", fingerprint }
  const { fingerprint: _, ...bare } = good
  const rows: ReadonlyArray<readonly [what: string, question: unknown, outcome: string]> = [
    ["that is none", undefined, "InvalidRequest: the question is not an object"],
    ["that is null", null, "InvalidRequest: the question is not an object"],
    ["that is text", "hosted.net", "InvalidRequest: the question is not an object"],
    ["that is empty", {}, "InvalidSourceDomain domain: the domain is missing, or not a text (not-text)"],
    [
      "without a service",
      { domain: "hosted.net" },
      "UnsupportedService service: the service is not one of xmpp-client, xmpp-server"
    ],
    [
      "about octets",
      { ...bare, certificate: new Uint8Array(3) },
      "InvalidRequest certificate: certificate is not a text"
    ],
    ["about null", { ...bare, certificate: null }, "InvalidRequest certificate: certificate is not a text"],
    ["with a chain as text", { ...bare, chain: "MII" }, "InvalidRequest chain: chain is not a list of texts"],
    [
      "with a chain of octets",
      { ...bare, chain: [new Uint8Array(3)] },
      "InvalidRequest chain: chain is not a list of texts"
    ],
    [
      "with a fingerprint as text",
      { ...bare, fingerprint: "00" },
      "InvalidRequest fingerprint: fingerprint is not an object of hashes by name"
    ],
    [
      "with a fingerprint of octets",
      { ...bare, fingerprint: { "sha-256": new Uint8Array(32) } },
      "InvalidRequest fingerprint.sha-256: the value is not a text"
    ],
    [
      "with an unknown choice",
      { ...good, generations: "rfc" },
      "InvalidRequest generations: generations is one of rfc-then-draft, rfc-only, draft-only"
    ],
    ["with a word for yes", { ...good, refresh: "true" }, "InvalidRequest refresh: refresh is true or false"],
    ["with one prooftype as text", { ...good, prooftypes: "posh" }, "InvalidRequest prooftypes: prooftypes is a list"],
    [
      "with a derived domain that is none",
      { ...good, derivedDomain: 1 },
      "InvalidRequest derivedDomain: the domain is missing, or not a text (not-text)"
    ]
  ]
  it.effect.each(rows)("%s", ([, question, outcome]) =>
    Effect.gen(function*() {
      const { prepare } = yield* Verifier
      const { code, field, message } = yield* Effect.flip(Effect.fromResult(prepare(untyped(question))))
      assert.strictEqual(`${code}${field === undefined ? "" : ` ${field}`}: ${message}`, outcome)
    }).pipe(Effect.provide(verifier)))

  it("of its parts alone", () => {
    assert.isTrue(Result.isFailure(parseDomain(untyped(undefined), defaultPolicy)))
    assert.isTrue(Result.isFailure(parseService(untyped(undefined), registeredServices)))
  })

  it.effect.each([["nothing", undefined], ["null", null], ["a question", good], ["a Result", Result.succeed(good)]])(
    "that is not prepared: %s",
    ([, inquiry]) =>
      Effect.gen(function*() {
        const { recall, verify } = yield* Verifier
        const wrong = "verify and recall take an inquiry: the success of prepare(question)"
        const exit = yield* Effect.exit(verify(untyped(inquiry)))
        assert.strictEqual(Exit.isFailure(exit) ? message(exit.cause) : "a verdict", wrong)
        assert.throws(() => recall(untyped(inquiry)), TypeError, wrong)
      }).pipe(Effect.provide(verifier))
  )
})

const message = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  return error instanceof Error ? error.message : String(error)
}
