/** An origin that resets a large ClientHello gets a small one, once, as a request of its own (POSH-RES-94). */
import { assert, layer } from "@effect/vitest"
import { Behave, fingerprintsDocument, selfSigned } from "@posh/testing"
import { Effect, Layer } from "effect"
import { verify } from "../asking.ts"
import { layerVerifier, layerWorld, rfcPath, World, worldPolicy } from "./world.ts"

const leaf = await Effect.runPromise(selfSigned())
const document = Behave.json(fingerprintsDocument([leaf], { expires: 3_600 }))
const picky = { _tag: "ResetLargeHello" } as const

const hosts = {
  "picky.example": { tls: picky, routes: { [rfcPath]: document } },
  "redirects.example": {
    tls: picky,
    routes: { [rfcPath]: Behave.redirect("/a"), "/a": Behave.redirect("/b"), "/b": document }
  },
  "delegates.example": { tls: picky, routes: { [rfcPath]: Behave.redirect("https://picky.example/b") } },
  "resets.example": { tls: { _tag: "ResetInHandshake" } },
  "hangs.example": { tls: { _tag: "HangInHandshake" } },
  "closes.example": { routes: { [rfcPath]: Behave.resetAfterRequest } },
  "nothing.example": { tls: picky }
} as const

interface Found {
  readonly code: string
  /** Of each hop. */
  readonly statuses: ReadonlyArray<number | undefined>
  /** The hops that the finding is about. */
  readonly found: ReadonlyArray<string | undefined>
}

const ask = (domain: string) =>
  Effect.map(
    verify({ domain, service: "xmpp-server", certificate: leaf.pem, generations: "rfc-only" }),
    ({ code, evidence: { attempts, lints } }): Found => ({
      code,
      statuses: attempts.flatMap(({ hops }) => hops.map(({ status }) => status)),
      found: lints.filter((lint) => lint.code === "LargeHelloReset").map(({ path }) => path)
    })
  )

const world = layerWorld(hosts)

layer(layerVerifier().pipe(Layer.provideMerge(world)), { excludeTestServices: true })("a host that", (it) => {
  it.effect.each<readonly [what: string, domain: string, ...found: [Found["code"], Found["statuses"], Found["found"]]]>(
    [
      ["resets a large hello", "picky.example", "Verified", [undefined, 200], ["hops[0]"]],
      ["is asked again gets a small one at once", "redirects.example", "Verified", [undefined, 302, 302, 200], [
        "hops[0]"
      ]],
      ["publishes nothing", "nothing.example", "NotPublished", [undefined, 404], ["hops[0]"]],
      ["resets any hello is asked twice", "resets.example", "ConnectionReset", [undefined, undefined], []],
      ["hangs is asked once", "hangs.example", "ConnectTimeout", [undefined], []],
      ["resets the connection after the handshake is asked once", "closes.example", "ConnectionReset", [undefined], []]
    ]
  )("%s", ([, domain, code, statuses, found]) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* ask(domain), { code, statuses, found })
    }), 120_000)

  it.effect("delegates to another such host", () =>
    Effect.gen(function*() {
      const { setRoute } = yield* World
      setRoute("picky.example", "/b", document)
      assert.deepStrictEqual(yield* ask("delegates.example"), {
        code: "Verified",
        statuses: [undefined, 302, undefined, 200],
        found: ["hops[0]", "hops[2]"]
      })
    }))
})

const { attempt } = worldPolicy

layer(layerVerifier({ attempt: { ...attempt, requests: 1 } }).pipe(Layer.provideMerge(world)), {
  excludeTestServices: true
})("with no request left", (it) => {
  it.effect("no second one is made", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* ask("picky.example"), { code: "ConnectionReset", statuses: [undefined], found: [] })
    }))
})
