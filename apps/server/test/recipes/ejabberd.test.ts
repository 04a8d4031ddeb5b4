/** The module of the guide in a real ejabberd, which asks the real service and others; its peers are of this test. */
import { assert, layer } from "@effect/vitest"
import { Behave } from "@posh/testing"
import { Effect } from "effect"
import { EjabberdNode } from "./ejabberd/EjabberdNode.ts"
import { type Lying, World } from "./ejabberd/world.ts"
import { Layer } from "effect"

const json = (changes: Readonly<Record<string, unknown>>, status = 200): NonNullable<Lying["behaviour"]> => (answer) =>
  Behave.json(answer(changes), { status })
const text = (change: (text: string) => string): NonNullable<Lying["behaviour"]> => (answer) =>
  Behave.text(change(JSON.stringify(answer())))

/** Each has a host of ejabberd of its own. All would say yes but for one thing. */
const lying: ReadonlyArray<Lying> = [
  { name: "honest", reason: undefined },
  { name: "down", tls: { _tag: "RefusedPort" }, reason: "econnrefused" },
  { name: "hanging", behaviour: () => Behave.hang, reason: "timeout" },
  { name: "hanging-in-tls", tls: { _tag: "HangInHandshake" }, reason: "timeout" },
  { name: "self-signed", tls: { _tag: "SelfSigned" }, reason: "selfsigned_peer" },
  { name: "wrong-name", tls: { _tag: "WrongName" }, reason: "hostname_check_failed" },
  { name: "garbage", behaviour: () => Behave.garbage, reason: "badmatch" },
  { name: "nothing", behaviour: () => Behave.closeAfterRequest, reason: "badmatch" },
  { name: "huge", behaviour: () => Behave.endlessBody, reason: "function_clause" },
  { name: "huge-head", behaviour: () => Behave.endlessHeaders, reason: "function_clause" },
  { name: "redirect", behaviour: () => Behave.redirect("https://elsewhere.posh.test/v1/verify", 307), reason: "307" },
  { name: "created", behaviour: json({}, 201), reason: "201" },
  { name: "failing", behaviour: json({}, 500), reason: "500" },
  { name: "plain-text", behaviour: (answer) => Behave.json(answer(), { headers: { "content-type": "text/plain" } }), reason: "text" },
  { name: "other-domain", behaviour: json({ domain: "named.example" }), reason: "another_answer" },
  { name: "other-service", behaviour: json({ service: "xmpp-client" }), reason: "another_answer" },
  { name: "other-digest", behaviour: json({ certificate: { sha256: "A".repeat(43) + "=" } }), reason: "badmatch" },
  { name: "no-digest", behaviour: json({ certificate: {} }), reason: "badmatch" },
  { name: "no", behaviour: json({ valid: false, verdict: "mismatch", code: "CertificateMismatch" }), reason: "CertificateMismatch" },
  { name: "text-for-true", behaviour: json({ valid: "true" }), reason: "another_answer" },
  { name: "other-verdict", behaviour: json({ verdict: "indeterminate" }), reason: "another_answer" },
  { name: "twice", behaviour: text((answer) => answer.replace("{", '{"valid":false,')), reason: "badmatch" },
  { name: "two-answers", behaviour: text((answer) => answer + answer), reason: "invalid_trailing_data" },
  { name: "half", behaviour: text((answer) => answer.slice(0, -1)), reason: "truncated_json" },
  {
    name: "truncated",
    behaviour: (answer) => Behave.truncated({ declared: 4_000, sent: JSON.stringify(answer()) }),
    reason: "badmatch"
  },
  { name: "list", behaviour: () => Behave.json([]), reason: "function_clause" },
  { name: "no-ca", options: { ca_file: "/etc/hostname" }, reason: "unreachable" }
]

const install = Layer.effectDiscard(Effect.sync(() => EjabberdNode.install()))
const world = World.layer(lying).pipe(Layer.provide(install))

layer(world, { excludeTestServices: true, timeout: 300_000 })("ejabberd with the module", (it) => {
  const send = (from: string, to: string) =>
    Effect.gen(function*() {
      const { node, peer } = yield* World
      return yield* Effect.promise(async () => {
        await node.sendMessage(from, to)
        return peer.outcomeOf(from, to)
      }).pipe(Effect.timeoutOrElse({
        duration: "15 seconds",
        orElse: () => Effect.die(new Error(`no stream from ${from} to ${to}: ${node.linesWith(from).join("\n")}`))
      }))
    })

  it.effect("outgoing: trusts what the service vouches for, and what its own check accepts", () =>
    Effect.gen(function*() {
      const { node } = yield* World
      for (const from of ["plain.test", "dialback.test"]) {
        const secured = (isTrusted: boolean) => ({ isSecured: true, isTrusted })
        assert.deepStrictEqual(yield* send(from, "hosted.example"), secured(true))
        assert.deepStrictEqual(yield* send(from, "named.example"), secured(true))
        assert.deepStrictEqual(yield* send(from, "stranger.example.org"), secured(false))
        assert.deepStrictEqual(yield* send(from, "expired.example"), secured(false))
        assert.lengthOf(node.linesWith(from, "hosted.example vouches"), 1)
        assert.lengthOf(node.linesWith("POSH", from, "named.example"), 0)
        assert.lengthOf(node.linesWith("POSH", from, "stranger.example.org", "CertificateMismatch"), 1)
      }
    }))
})
