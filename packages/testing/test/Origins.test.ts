import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import { connect } from "node:net"
import { Behave, makeOrigins } from "../src/index.ts"
import type { TlsBehaviour } from "../src/index.ts"
import { ask, portOf } from "./client.ts"

interface Row {
  readonly host: string
  readonly tag: TlsBehaviour["_tag"]
  /** What Node's client says; nothing where it is content. */
  readonly fault?: string
  readonly altNames?: string
}

const rows: ReadonlyArray<Row> = [
  { host: "good.example", tag: "Good", altNames: "DNS:good.example" },
  { host: "expired.example", tag: "Expired", fault: "CERT_HAS_EXPIRED" },
  { host: "not-yet.example", tag: "NotYetValid", fault: "CERT_NOT_YET_VALID" },
  { host: "wrong-name.example", tag: "WrongName", fault: "ERR_TLS_CERT_ALTNAME_INVALID" },
  // Node still takes the common name where there are no alternative names; POSH-RES-31 does not.
  { host: "no-san.example", tag: "NoSan" },
  { host: "self-signed.example", tag: "SelfSigned", fault: "DEPTH_ZERO_SELF_SIGNED_CERT" },
  { host: "untrusted.example", tag: "UntrustedRoot", fault: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" },
  { host: "no-intermediate.example", tag: "MissingIntermediate", fault: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" },
  { host: "too-old.example", tag: "TooOld", fault: "tlsv1 alert protocol version" },
  { host: "no-cipher.example", tag: "NoSharedCipher", fault: "ssl/tls alert handshake failure" },
  { host: "hang.example", tag: "HangInHandshake", fault: "timeout" },
  { host: "reset.example", tag: "ResetInHandshake", fault: "ECONNRESET" },
  { host: "large.example", tag: "ResetLargeHello", fault: "ECONNRESET" },
  { host: "plain.example", tag: "PlainHttp", fault: "wrong version number" },
  { host: "refused.example", tag: "RefusedPort", fault: "ECONNREFUSED" },
  { host: "www.wildcard.example", tag: "Wildcard", altNames: "DNS:*.wildcard.example" },
  { host: "www.partial.example", tag: "PartialWildcard", altNames: "DNS:w*.partial.example" }
]

const document = Behave.json({ expires: 60 })

describe("TlsBehaviour", () => {
  it.effect("each acts as named", () =>
    Effect.gen(function*() {
      const origins = yield* makeOrigins(
        Object.fromEntries(rows.map(({ host, tag }) => [host, { tls: { _tag: tag }, routes: { "/": document } }]))
      )
      yield* Effect.forEach(rows, (row) =>
        Effect.gen(function*() {
          const seen = yield* ask(origins, row.host, "/", { timeoutMs: row.tag === "HangInHandshake" ? 200 : 5_000 })
          assert.strictEqual(seen.fault, row.fault, row.tag)
          assert.strictEqual(seen.status, row.fault === undefined ? 200 : undefined, row.tag)
          if (row.altNames !== undefined) assert.strictEqual(seen.altNames, row.altNames)
          assert.strictEqual(origins.countOf(row.host), row.fault === undefined ? 1 : 0, row.tag)
        }), { concurrency: 4 })
      const plain = yield* ask(origins, "plain.example", "/", { plain: true })
      assert.strictEqual(plain.status, 200)
    }))
})

describe("Origins", () => {
  it.effect("a host with a wildcard lends its certificate to all names below that are no hosts themselves", () =>
    Effect.gen(function*() {
      const origins = yield* makeOrigins({
        "*.site.example": { tls: { _tag: "Wildcard" } },
        "own.site.example": { tls: { _tag: "Good" } }
      })
      for (const host of ["a.site.example", "b.site.example"]) {
        assert.strictEqual((yield* ask(origins, host, "/")).altNames, "DNS:*.site.example")
      }
      assert.strictEqual((yield* ask(origins, "own.site.example", "/")).altNames, "DNS:own.site.example")
      assert.strictEqual((yield* ask(origins, "a.b.site.example", "/")).altNames, "DNS:a.b.site.example")
      assert.notInclude(origins.connectTo, "*")
    }))

  it.effect("records what was asked, and forgets on reset", () =>
    Effect.gen(function*() {
      const origins = yield* makeOrigins({ "a.example": { routes: { "/x?y=1": document } } })
      yield* ask(origins, "a.example", "/x?y=1")
      yield* ask(origins, "a.example", "/x")
      assert.deepStrictEqual(origins.requests.map(({ method, path, sni }) => ({ method, path, sni })), [
        { method: "GET", path: "/x?y=1", sni: "a.example" },
        { method: "GET", path: "/x", sni: "a.example" }
      ])
      assert.deepStrictEqual(origins.requests[0]?.headers[0], ["host", "a.example"])
      assert.strictEqual(origins.countOf("a.example"), 2)
      assert.strictEqual(origins.countOf("a.example", "/x"), 1)
      assert.strictEqual(origins.connections(), 2)
      origins.reset()
      assert.strictEqual(origins.countOf("a.example") + origins.connections(), 0)
    }))

  it.effect("serves hosts that nobody declared", () =>
    Effect.gen(function*() {
      const origins = yield* makeOrigins({})
      assert.strictEqual((yield* ask(origins, "anyone.example")).status, 404)
      origins.setFallback((host, path) => (path === "/f" ? Behave.text(host) : undefined))
      assert.strictEqual((yield* ask(origins, "someone.example", "/f")).body, "someone.example")
      origins.setRoute("anyone.example", "/", document)
      assert.strictEqual((yield* ask(origins, "anyone.example")).status, 200)
      origins.removeRoute("anyone.example", "/")
      assert.strictEqual((yield* ask(origins, "anyone.example")).status, 404)
    }))

  it.effect("tells the certificate that a host presents", () =>
    Effect.gen(function*() {
      const origins = yield* makeOrigins({ "a.example": {} })
      const first = yield* origins.certificateOf("a.example")
      assert.strictEqual(yield* origins.certificateOf("a.example"), first)
      assert.strictEqual(first.issuers.at(-1), origins.root)
    }))

  it.live("ends, whatever hangs", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const origins = yield* Scope.provide(
        makeOrigins({
          "h.example": { routes: { "/": Behave.hang } },
          "t.example": { tls: { _tag: "HangInHandshake" } }
        }),
        scope
      )
      yield* Effect.forkChild(ask(origins, "h.example"))
      yield* Effect.forkChild(ask(origins, "t.example"))
      yield* Effect.sleep("100 millis")
      yield* Effect.timeout(Scope.close(scope, Exit.void), "20 seconds") // what hangs, hangs for ever
      const refused = yield* Effect.callback<boolean>((resume) => {
        const socket = connect(portOf(origins, "h.example"), "127.0.0.1", () => resume(Effect.succeed(false)))
        socket.on("error", () => resume(Effect.succeed(true)))
      })
      assert.isTrue(refused)
    }))
})
