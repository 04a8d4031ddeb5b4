/** Pins end to end: a host that shows none of its pinned keys is never believed, at whichever hop (POSH-RES-37). */
import { assert, describe, it } from "@effect/vitest"
import { Behave, fingerprintsDocument, issue, jwkSetDocument, referenceDocument, rootCa } from "@posh/testing"
import { Effect, Layer, Result } from "effect"
import { hash, X509Certificate } from "node:crypto"
import { parsePins } from "../../src/node/index.ts"
import type { Question } from "../../src/question/Question.ts"
import { Verifier } from "../../src/Verifier.ts"
import { verifyBy } from "../asking.ts"
import { draftPath, layerVerifier, layerWorld, rfcPath, World } from "./world.ts"

const { server, stranger } = await Effect.runPromise(Effect.gen(function*() {
  const root = yield* rootCa()
  return { server: yield* issue(root, { dnsNames: ["im.example"] }), stranger: yield* issue(root) }
}))

const pinOf = (pem: string) =>
  `sha256/${hash("sha256", new X509Certificate(pem).publicKey.export({ type: "spki", format: "der" }), "base64")}`

const good = Behave.json(fingerprintsDocument([server], { expires: 3_600 }))
const hosts = {
  "im.example": { routes: { [rfcPath]: good, [draftPath]: Behave.json(jwkSetDocument([server])) } },
  "xn--bcher-kva.example": { routes: { [rfcPath]: good } },
  "redirects.example": { routes: { [rfcPath]: Behave.redirect("https://HOSTING.example/rfc.json") } },
  "refers.example": {
    routes: { [rfcPath]: Behave.json(referenceDocument("https://hosting.example/rfc.json", 3_600)) }
  },
  "hosting.example": { routes: { "/rfc.json": good } },
  "untrusted.example": { tls: { _tag: "UntrustedRoot" }, routes: { [rfcPath]: good } },
  "expired.example": { tls: { _tag: "Expired" }, routes: { [rfcPath]: good } },
  "misnamed.example": { tls: { _tag: "WrongName" }, routes: { [rfcPath]: good } }
} as const

const wrong = pinOf(stranger.pem)

interface Row {
  readonly what: string
  readonly domain: string
  /** The file; `LEAF`, `INTERMEDIATE` and `ROOT` stand for pins of these certificates of the domain's web server. */
  readonly pins: string
  readonly code: string
  readonly hopIndex?: number
}

const rows: ReadonlyArray<Row> = [
  { what: "the right pin", domain: "im.example", pins: "im.example LEAF", code: "Verified" },
  { what: "a wrong pin", domain: "im.example", pins: `im.example ${wrong}`, code: "PinMismatch", hopIndex: 0 },
  {
    what: "roll-over: the next key and this one",
    domain: "im.example",
    pins: `im.example ${wrong} LEAF`,
    code: "Verified"
  },
  { what: "the pin of the intermediate", domain: "im.example", pins: "im.example INTERMEDIATE", code: "Verified" },
  { what: "the pin of the root", domain: "im.example", pins: "im.example ROOT", code: "Verified" },
  { what: "a pin of another host", domain: "im.example", pins: `hosting.example ${wrong}`, code: "Verified" },
  {
    what: "a pin of the parent",
    domain: "im.example",
    pins: `example.org ${wrong}\na.im.example ${wrong}`,
    code: "Verified"
  },
  { what: "another letter case in the file", domain: "im.example", pins: `IM.EXAMPLE. ${wrong}`, code: "PinMismatch" },
  {
    what: "another letter case in the question",
    domain: "IM.Example",
    pins: `im.example ${wrong}`,
    code: "PinMismatch"
  },
  {
    what: "U-labels in the file",
    domain: "xn--bcher-kva.example",
    pins: `b\u00fccher.example ${wrong}`,
    code: "PinMismatch"
  },
  {
    what: "A-labels in the file",
    domain: "b\u00fccher.example",
    pins: `XN--bcher-kva.example ${wrong}`,
    code: "PinMismatch"
  },
  {
    what: "a redirect to a pinned host, in another letter case",
    domain: "redirects.example",
    pins: `hosting.example ${wrong}`,
    code: "PinMismatch",
    hopIndex: 1
  },
  {
    what: "a redirect to a host with its pin",
    domain: "redirects.example",
    pins: "hosting.example LEAF",
    code: "Verified"
  },
  {
    what: "a redirect from a pinned host",
    domain: "redirects.example",
    pins: `redirects.example ${wrong}`,
    code: "PinMismatch",
    hopIndex: 0
  },
  {
    what: "a reference to a pinned host",
    domain: "refers.example",
    pins: `hosting.example ${wrong}`,
    code: "PinMismatch",
    hopIndex: 1
  },
  {
    what: "a reference to a host with its pin",
    domain: "refers.example",
    pins: "hosting.example LEAF",
    code: "Verified"
  },
  // A pin is never in place of the ordinary checks.
  {
    what: "the right pin, without a trusted root",
    domain: "untrusted.example",
    pins: "untrusted.example LEAF ROOT",
    code: "TlsCertificateUntrusted"
  },
  {
    what: "the right pin, expired",
    domain: "expired.example",
    pins: "expired.example LEAF",
    code: "TlsCertificateExpired"
  },
  {
    what: "the right pin, other name",
    domain: "misnamed.example",
    pins: "misnamed.example LEAF",
    code: "TlsHostnameMismatch"
  }
]

const ask = (question: Partial<Question>) =>
  Verifier.use((verifier) =>
    verifyBy(verifier, { domain: "im.example", service: "xmpp-server", certificate: server.pem, ...question })
  )

const layerPinned = (file: string) =>
  Layer.unwrap(Effect.gen(function*() {
    const { certificateOf } = yield* World
    const leaf = yield* certificateOf(/^\S+/.exec(file.toLowerCase())?.[0] ?? "")
    const [intermediate = leaf, root = intermediate] = leaf.issuers
    const text = file.replace("LEAF", pinOf(leaf.pem)).replace("INTERMEDIATE", pinOf(intermediate.pem))
      .replace("ROOT", pinOf(root.pem))
    return layerVerifier({}, "", { pins: Result.getOrThrow(parsePins(text)) })
  }))

const layerHosts = layerWorld(hosts)

describe("pins of hosts (ERR-02)", () => {
  it.layer(layerHosts, { excludeTestServices: true, timeout: 60_000 })((it) => {
    it.effect.each(rows)("$what → $code", ({ code, domain, hopIndex, pins }) =>
      Effect.gen(function*() {
        const world = yield* World
        world.reset()
        const verdict = yield* ask({ domain })
        assert.strictEqual(verdict.code, code, verdict.message)
        if (code !== "PinMismatch") return
        assert.deepInclude(verdict, { valid: false, verdict: "unusable-material", retryable: false })
        const [attempt, ...others] = verdict.evidence.attempts
        assert.deepStrictEqual([others, attempt?.code], [[], "PinMismatch"], "RFC 7711 alone was asked (POSH-NEG-02)")
        const last = attempt?.hops.at(-1)
        assert.isString(last?.tlsLeafSha256)
        if (hopIndex !== undefined) {
          assert.strictEqual((attempt?.hops.length ?? 0) - 1, hopIndex)
          assert.strictEqual(world.countOf(new URL(last?.url ?? "").hostname), 0, "nothing was sent")
        }
      }).pipe(Effect.provide(layerPinned(pins))))
  })
})
