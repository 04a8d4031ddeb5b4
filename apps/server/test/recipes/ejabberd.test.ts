/** The module of the guide in a real ejabberd, which asks the real service and others; its peers are of this test. */
import { assert, describe, it, layer } from "@effect/vitest"
import { freePort } from "@posh/testing"
import { Effect, Layer, Schedule } from "effect"
import { readFileSync } from "node:fs"
import { EjabberdNode } from "./ejabberd/EjabberdNode.ts"
import { crowded, lying } from "./ejabberd/lying.ts"
import type { Answered } from "./ejabberd/Peer.ts"
import { installProsody, runProsody } from "./ejabberd/Prosody.ts"
import { World } from "./ejabberd/world.ts"

const install = Layer.effectDiscard(Effect.sync(() => {
  EjabberdNode.install()
  installProsody()
}))
const world = World.layer([...lying, crowded]).pipe(Layer.provide(install))

/** A stream of ejabberd to the peer: does ejabberd trust it? */
const send = Effect.fnUntraced(function*(from: string, to: string) {
  const { node, peer } = yield* World
  return yield* Effect.promise(async () => {
    await node.sendMessage(from, to)
    return peer.outcomeOf(from, to)
  }).pipe(Effect.timeoutOrElse({
    duration: "60 seconds",
    orElse: () => Effect.die(new Error(`no stream from ${from} to ${to}: ${node.linesWith(from).join("\n")}`))
  }))
})

/** The log is written a moment later. */
const logged = Effect.fnUntraced(function*(...parts: ReadonlyArray<string>) {
  const { node } = yield* World
  yield* Effect.suspend(() => node.linesWith(...parts).length > 0 ? Effect.void : Effect.fail("not yet")).pipe(
    Effect.retry({ times: 200, schedule: Schedule.spaced("25 millis") }),
    Effect.catch(() =>
      Effect.die(new Error(`no line of the log has ${parts.join(", ")}: ${node.linesWith("POSH").join("\n")}`))
    )
  )
})

/** A stream of the peer to ejabberd. */
const open = Effect.fnUntraced(function*(
  from: string,
  to: string,
  presents: "hosting" | "named" | "stranger" | "expired" | "nothing",
  claimed?: ReadonlyArray<string>,
  receiver?: string
) {
  const { certificates, node, peer } = yield* World
  const certificate = presents === "nothing" ? undefined : certificates[presents]
  return yield* Effect.promise(() => peer.open(node.s2sPort, from, to, certificate, claimed, receiver)).pipe(
    Effect.timeoutOrElse({
      duration: "60 seconds",
      orElse: () => Effect.die(new Error(`no end of ${from} to ${to}: ${node.linesWith(to).join("\n")}`))
    })
  )
})

const trusted = { isSecured: true, isTrusted: true }
const distrusted = { isSecured: true, isTrusted: false }
const refused: Answered = { external: "failure", dialback: "not-authorized" }

layer(world, { excludeTestServices: true, timeout: 300_000 })("ejabberd with the module", (it) => {
  it.effect("outgoing: trusts what the service vouches for, and what its own check accepts", () =>
    Effect.gen(function*() {
      const { node } = yield* World
      // mod_s2s_dialback alone would accept any certificate.
      for (const from of ["ejabberd.example", "dialback.test"]) {
        assert.deepStrictEqual(yield* send(from, "hosted.example"), trusted)
        assert.deepStrictEqual(yield* send(from, "bücher.example"), trusted)
        assert.deepStrictEqual(yield* send(from, "named.example"), trusted)
        assert.deepStrictEqual(yield* send(from, "stranger.example.org"), distrusted)
        assert.deepStrictEqual(yield* send(from, "expired.example"), distrusted)
        yield* logged("hosted.example vouches", from)
        yield* logged("xn--bcher-kva.example vouches", from)
        yield* logged("POSH", from, "stranger.example.org", "CertificateMismatch")
        yield* logged("POSH", from, "expired.example", "PresentedCertificateExpired")
        assert.lengthOf(node.linesWith("POSH", from, "named.example"), 0)
      }
      assert.deepStrictEqual(yield* send("without.test", "hosted.example"), distrusted)
      assert.deepStrictEqual(yield* send("without.test", "named.example"), trusted)
      assert.deepStrictEqual(yield* send("only-dialback.test", "stranger.example.org"), trusted)
    }))

  it.effect("incoming: accepts by dialback what the service vouches for, and by EXTERNAL what its own check accepts", () =>
    Effect.gen(function*() {
      const accepted: Answered = { external: "failure", dialback: "valid" }
      for (const to of ["ejabberd.example", "dialback.test"]) {
        assert.deepStrictEqual(yield* open("hosted.example", to, "hosting"), accepted)
        assert.deepStrictEqual(yield* open("bücher.example", to, "hosting"), accepted)
        assert.deepStrictEqual(yield* open("named.example", to, "named"), { external: "success" })
      }
      assert.deepStrictEqual(yield* open("hosted.example", "ejabberd.example", "stranger"), refused)
      assert.deepStrictEqual(yield* open("hosted.example", "ejabberd.example", "expired"), refused)
      assert.deepStrictEqual(yield* open("hosted.example", "ejabberd.example", "nothing"), refused)
      assert.deepStrictEqual(yield* open("elsewhere.example", "ejabberd.example", "hosting"), refused)
      assert.deepStrictEqual(yield* open("hosted.example", "without.test", "hosting"), refused)
      assert.deepStrictEqual(yield* open("hosted.example", "closed.test", "hosting"), refused)
      for (const receiver of ["without.test", "foreign.example"]) {
        assert.deepStrictEqual(
          yield* open("hosted.example", "ejabberd.example", "hosting", undefined, receiver),
          refused
        )
      }
    }))

  it.effect("incoming: each claimed domain is asked about, and only so many", () =>
    Effect.gen(function*() {
      const { origins } = yield* World
      const claim = (...names: ReadonlyArray<string>) => open("hosted.example", "ejabberd.example", "hosting", names)
      const answers: Answered = { external: "failure", dialback: "valid valid invalid" }
      assert.deepStrictEqual(yield* claim("hosted.example", "xn--bcher-kva.example", "elsewhere.example"), answers)
      const names = Array.from({ length: 15 }, () => "hosted.example")
      const { dialback } = yield* open("hosted.example", "counted.test", "hosting", names)
      assert.match(dialback ?? "", /^(valid ){10}policy-violation( ended){4}$/)
      assert.strictEqual(origins.countOf("counted.posh.test"), 10)
    }))

  it.effect("dialback counts where the certificate of the other side was checked", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* send("dialback.test", "refusing.example"), trusted)
      assert.deepStrictEqual(yield* send("ejabberd.example", "refusing.example"), distrusted)
      for (const name of ["named.example", "hosted.example"]) {
        assert.strictEqual((yield* open(name, "dialback.test", "stranger")).dialback, "valid")
        assert.deepStrictEqual(yield* open(name, "ejabberd.example", "stranger"), refused)
      }
      assert.notStrictEqual((yield* open("stranger.example.org", "dialback.test", "stranger")).dialback, "valid")
    }))

  it.effect("no word by dialback counts before the certificate was checked", () =>
    Effect.gen(function*() {
      const liars = ["before-tls.example", "before-check.example", "no-features.example"]
      for (const liar of liars) {
        const { isTrusted } = yield* send("dialback.test", liar)
        assert.isFalse(isTrusted, liar)
        // So they would deceive mod_s2s_dialback alone.
        assert.isTrue((yield* send("only-dialback.test", liar)).isTrusted, liar)
      }
      for (const liar of liars) {
        assert.notStrictEqual((yield* open(liar, "dialback.test", "stranger")).dialback, "valid", liar)
        assert.strictEqual((yield* open(liar, "only-dialback.test", "stranger")).dialback, "valid", liar)
      }
    }))

  it.effect("a service that lies or fails convinces it in no direction", () =>
    Effect.gen(function*() {
      const { origins } = yield* World
      yield* Effect.forEach(lying, ({ name, reason }) =>
        Effect.gen(function*() {
          const host = `${name}.test`
          const expected = reason === undefined ? trusted : distrusted
          assert.deepStrictEqual(yield* send(host, "hosted.example"), expected, name)
          const { dialback } = yield* open("hosted.example", host, "hosting")
          assert.strictEqual(dialback === "valid", reason === undefined, name)
          yield* logged("POSH: ", `asked for ${host})`, reason ?? "vouches")
        }), { concurrency: 16, discard: true })
      assert.strictEqual(origins.countOf("elsewhere.posh.test"), 0)
    }))

  it.effect("a key that is wrong, and one that would be two headers", () =>
    Effect.gen(function*() {
      for (const [host, reason] of [["wrong-key.test", "401"], ["two-keys.test", "nomatch"]] as const) {
        assert.deepStrictEqual(yield* send(host, "hosted.example"), distrusted)
        yield* logged("POSH: ", `asked for ${host})`, reason)
      }
    }))

  it.effect("Prosody, whose certificates name another host, reaches it and is reached where its domain vouches", () =>
    Effect.gen(function*() {
      const { caFile, certificates: { hosting, stranger }, dns, node } = yield* World
      const port = yield* freePort
      const hosts = { "prosody.example": hosting, "stranger.prosody.example": stranger }
      for (const host of Object.keys(hosts)) dns.serve(host, port)
      const log = yield* runProsody({ hosts, caFile, dnsPort: dns.port, port, pings: "ejabberd.example" })
      assert.match(log, /^[^\n]*\bprosody\.example:ping_once\b[^\n]*pinged: yes/m, log)
      yield* logged("Failed inbound s2s EXTERNAL authentication prosody.example")
      yield* logged("Accepted inbound s2s POSH authentication prosody.example")
      yield* logged("Accepted outbound s2s EXTERNAL authentication ejabberd.example -> prosody.example")
      assert.match(log, /^[^\n]*\bstranger\.prosody\.example:ping_once\b[^\n]*pinged: no/m, log)
      yield* logged("no word of stranger.prosody.example", "CertificateMismatch")
      assert.lengthOf(node.linesWith("Accepted inbound", "stranger.prosody.example"), 0)
    }).pipe(Effect.scoped))

  it.effect("asks only so many questions at the same time", () =>
    Effect.gen(function*() {
      const both = yield* Effect.forEach(["hosted.example", "silent.example"], (to) => send("crowded.test", to), {
        concurrency: 2
      })
      assert.deepStrictEqual(both, [distrusted, distrusted])
      yield* logged("asked for crowded.test", "timeout")
      yield* logged("asked for crowded.test", "too_many_questions")
    }))

  it.effect("takes new options without a restart", () =>
    Effect.gen(function*() {
      const { hosts, node } = yield* World
      assert.strictEqual((yield* open("hosted.example", "slow.test", "hosting")).dialback, "valid")
      yield* Effect.promise(() => node.reload({ ...hosts, "slow.test": hosts["no.test"] ?? { modules: {} } }))
      assert.notStrictEqual((yield* open("hosted.example", "slow.test", "hosting")).dialback, "valid")
    }))

  it.effect("an exception in a hook is a no, whatever another module said", () =>
    Effect.gen(function*() {
      const { stdout } = yield* Effect.promise(() =>
        EjabberdNode.evaluate("mod_posh_verifier:out_tls_verify(false, #{})")
      )
      assert.strictEqual(stdout, "{stop,true}")
    }))
})

/** A default of the guide, as the module has it. */
const toErlang = (name: string, value: string): string => {
  if (value === "–") return name
  if (value === "none") return `{${name}, undefined}`
  return `{${name}, ${value.startsWith("/") ? `<<"${value}">>` : value.replace(" seconds", "000")}}`
}

describe("the guide to ejabberd", () => {
  const read = (path: string) =>
    readFileSync(new URL(`../../../../docs/guides/clients/${path}`, import.meta.url), "utf8")
  const names = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, name = ""]) => name)

  it("lists the options that the module has, and shows no other", () => {
    const [page, source] = [read("ejabberd.md"), read("ejabberd/mod_posh_verifier.erl")]
    const options = names(source, /^mod_opt_type\((\w+)\)/gm)
    assert.sameMembers(names(page, /^\| `(\w+)` \|/gm), options)
    const yaml = names(page.slice(page.indexOf("  mod_posh_verifier:"), page.indexOf("| Option")), /^ {4}(\w+): /gm)
    assert.includeMembers(options, yaml)
    assert.include(yaml, "url")
    const defaults = [...page.matchAll(/^\| `(\w+)` \| `?([^|`]+?)`? \|/gm)].map((
      [, name = "", value = ""]
    ) => [name, value])
    const [, written = ""] = /^mod_options\(_\) ->\n +\[(.*)\]\.$/m.exec(source) ?? []
    assert.strictEqual(defaults.map(([name = "", value = ""]) => toErlang(name, value)).join(", "), written)
  })
})
