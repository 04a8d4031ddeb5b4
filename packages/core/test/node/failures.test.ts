/** All codes of a failed fetch, provoked on real sockets (POSH-ERR-02). */
import { assert, layer } from "@effect/vitest"
import { Behave, type Behaviour, makeDns, sha256Base64 } from "@posh/testing"
import { Effect } from "effect"
import { gzipSync } from "node:zlib"
import type { FetchCode } from "../../src/fetch/Fetcher.ts"
import { connectTo, get, layerFetcher, layerWeb, outcome, type Question, Web } from "./world.ts"

type Row = readonly [code: FetchCode, what: string, question: Question]

const tls: ReadonlyArray<Row> = [
  ["ConnectionRefused", "nothing listens", { host: "refused.example" }],
  ["ConnectionReset", "reset in the handshake", { host: "reset.example" }],
  ["ConnectTimeout", "hang in the handshake", { host: "hang.example", limits: { connectMs: 200 } }],
  ["TlsProtocolTooOld", "TLS 1.1", { host: "too-old.example" }],
  ["TlsHandshakeFailed", "an alert", { host: "no-cipher.example" }],
  ["TlsHandshakeFailed", "no TLS at all", { host: "plain.example" }],
  ["TlsCertificateExpired", "expired", { host: "expired.example" }],
  ["TlsCertificateExpired", "not yet valid", { host: "not-yet.example" }],
  ["TlsCertificateUntrusted", "self-signed", { host: "self-signed.example" }],
  ["TlsCertificateUntrusted", "an unknown root", { host: "stranger.example" }],
  ["TlsCertificateUntrusted", "the intermediate is missing", { host: "missing.example" }],
  ["TlsHostnameMismatch", "another name", { host: "wrong-name.example" }],
  ["TlsHostnameMismatch", "the host only as common name", { host: "no-san.example" }],
  ["TlsHostnameMismatch", "a partial wildcard", { host: "www.partial.example" }]
]

const hosts = {
  "refused.example": { tls: { _tag: "RefusedPort" } },
  "reset.example": { tls: { _tag: "ResetInHandshake" } },
  "hang.example": { tls: { _tag: "HangInHandshake" } },
  "too-old.example": { tls: { _tag: "TooOld" } },
  "no-cipher.example": { tls: { _tag: "NoSharedCipher" } },
  "plain.example": { tls: { _tag: "PlainHttp" } },
  "expired.example": { tls: { _tag: "Expired" } },
  "not-yet.example": { tls: { _tag: "NotYetValid" } },
  "self-signed.example": { tls: { _tag: "SelfSigned" } },
  "stranger.example": { tls: { _tag: "UntrustedRoot" } },
  "missing.example": { tls: { _tag: "MissingIntermediate" } },
  "wrong-name.example": { tls: { _tag: "WrongName" } },
  "no-san.example": { tls: { _tag: "NoSan" } },
  "www.partial.example": { tls: { _tag: "PartialWildcard" } }
} as const

const raw = (end: "close" | "reset" | "hold", ...parts: ReadonlyArray<string>): Behaviour => ({
  _tag: "Raw",
  steps: parts.map((part) => ({ afterMs: 0, octets: Buffer.from(part) })),
  end
})
const ok = "HTTP/1.1 200 OK\r\n"

/** An immediate reset would discard data in flight. */
const resetAfter = (text: string): Behaviour => ({
  _tag: "Raw",
  steps: [{ afterMs: 0, octets: Buffer.from(text) }, { afterMs: 50, octets: new Uint8Array() }],
  end: "reset"
})

/** More octets than any document needs, which decode to nothing, in a response without end. */
const gzipOfNothing: Behaviour = {
  _tag: "Raw",
  steps: [
    Buffer.from(`${ok}Content-Encoding: gzip\r\n\r\n`),
    ...Array.from({ length: 40 }, () => Buffer.concat(Array.from({ length: 100 }, () => gzipSync(""))))
  ].map((octets) => ({ afterMs: 0, octets })),
  end: "hold"
}

const http: ReadonlyArray<readonly [code: FetchCode, what: string, behaviour: Behaviour, limits?: Question["limits"]]> =
  [
    ["ConnectionReset", "reset before an answer", Behave.resetAfterRequest],
    ["ConnectionReset", "closed before an answer", Behave.closeAfterRequest],
    ["ConnectionReset", "reset in the head", resetAfter(ok)],
    ["HttpProtocolError", "no HTTP", Behave.garbage],
    ["HttpProtocolError", "101 (POSH-RES-51)", Behave.switching101],
    ["HttpProtocolError", "101 without an upgrade", raw("hold", "HTTP/1.1 101 Switching\r\n\r\n")],
    ["HttpProtocolError", "a status below 100", raw("hold", "HTTP/1.1 099 Odd\r\n\r\n")],
    ["HttpProtocolError", "a head that never ends (POSH-RES-91)", Behave.endlessHeaders],
    ["HttpProtocolError", "one large field", Behave.headersRaw([`X: ${"x".repeat(16_384)}`])],
    ["HttpProtocolError", "many small fields", Behave.headersRaw(Array.from({ length: 4_000 }, () => "X: y"))],
    ["HttpProtocolError", "a head that is cut off", raw("close", ok, "Content-Type: appl")],
    ["HttpProtocolError", "white space before a colon", Behave.headersRaw(["Content-Type : application/json"])],
    ["HttpProtocolError", "two lengths", Behave.headersRaw(["Content-Length: 2", "Content-Length: 3"], { body: "{}" })],
    [
      "HttpProtocolError",
      "length and chunks",
      Behave.headersRaw(["Content-Length: 2", "Transfer-Encoding: chunked"], { body: "0\r\n\r\n" })
    ],
    ["ResponseTimeout", "no first octet", Behave.hang, { firstByteMs: 150 }],
    ["ResponseTimeout", "a late first octet", Behave.json({}, { delayMs: 1_000 }), { firstByteMs: 150 }],
    ["ResponseTimeout", "a slow head", Behave.slowHeaders(2_000), { requestMs: 400 }],
    ["ResponseTimeout", "a slow body", Behave.slowBody({ chunk: 1, everyMs: 50, total: 1_000 }), { requestMs: 400 }],
    ["BodyTruncated", "less than its length", Behave.truncated({ declared: 100, sent: 50 })],
    ["BodyTruncated", "nothing of its length", Behave.truncated({ declared: 100, sent: 0 })],
    ["BodyTruncated", "no last chunk", Behave.truncatedChunked],
    ["HttpProtocolError", "a chunk without a size", raw("close", ok, "Transfer-Encoding: chunked\r\n\r\nx\r\n")],
    ["BodyTruncated", "reset in the body", resetAfter(`${ok}Content-Length: 9\r\n\r\n{`)],
    ["BodyTruncated", "corrupt gzip (requirements §8.1)", Behave.gzipCorrupt],
    ["BodyTruncated", "cut gzip (requirements §8.1)", Behave.gzipTruncated],
    ["BodyTruncated", "no octet of gzip", Behave.bytes(new Uint8Array(), { headers: { "content-encoding": "gzip" } })],
    ["BodyTooLarge", "one octet too many", Behave.text(" ".repeat(65_537))],
    ["BodyTooLarge", "says so", raw("hold", ok, "Content-Length: 65537\r\n\r\n")],
    ["BodyTooLarge", "a body without end (POSH-RES-48)", Behave.endlessBody],
    ["BodyTooLarge", "gzip of 1 GiB", Behave.gzipBomb(1 << 30)],
    ["BodyTooLarge", "gzip of one octet too many", Behave.encoding("gzip", " ".repeat(65_537))],
    ["BodyTooLarge", "gzip of nothing, over and over", gzipOfNothing, { requestMs: 2_000 }],
    ["UnsupportedContentEncoding", "br (POSH-RES-47)", Behave.encoding("br", {})],
    ["UnsupportedContentEncoding", "deflate", Behave.encoding("deflate", {})],
    ["UnsupportedContentEncoding", "zstd", Behave.encoding("zstd", {})],
    ["UnsupportedContentEncoding", "gzip twice", Behave.encoding("gzip, gzip", {})],
    ["UnsupportedContentEncoding", "made up", Behave.encoding("posh", {})],
    ["UnsupportedContentEncoding", "gzip and an octet that is no white space", Behave.encoding("gzip\u00a0", {})],
    ["UnsupportedContentEncoding", "such an octet alone", Behave.encoding("\u00a0", {})],
    ["UnsupportedContentEncoding", "identity and such an octet", Behave.encoding("\u0085identity", {})]
  ]

const routes = Object.fromEntries(http.map(([, what, behaviour]) => [encodeURI(`/${what}`), behaviour]))

layer(layerWeb({ ...hosts, "im.example": { routes } }), { excludeTestServices: true })("a fetch", (it) => {
  it.effect.each(tls)("%s: %s", ([code, , question]) =>
    Effect.gen(function*() {
      assert.strictEqual(yield* outcome(question), code)
    }))

  it.effect.each(http)("%s: %s", ([code, what, , limits = {}]) =>
    Effect.gen(function*() {
      assert.strictEqual(yield* outcome({ host: "im.example", path: encodeURI(`/${what}`), limits }), code)
    }))

  it.effect("InternalError: a target that is none", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* outcome({ host: "im.example", path: "/not parsed" }), "InternalError")
    }))

  it.effect("NetworkUnreachable: no route to the address", () =>
    Effect.gen(function*() {
      const fetcher = layerFetcher(yield* Web, { connectTo: connectTo(":=224.0.0.1:") })
      assert.strictEqual(yield* Effect.provide(outcome({ host: "im.example" }), fetcher), "NetworkUnreachable")
    }))

  it.effect.each<readonly [code: FetchCode, what: string, host: string]>([
    ["DnsNameNotFound", "NXDOMAIN", "nowhere.example"],
    ["DnsNameNotFound", "neither type", "empty.example"],
    ["DnsNameNotFound", "an alias to nowhere", "alias.example"],
    ["DnsTemporaryFailure", "SERVFAIL", "servfail.example"],
    ["DnsTemporaryFailure", "REFUSED", "refused.example"],
    ["DnsTemporaryFailure", "no answer", "silent.example"],
    ["BlockedAddress", "an address of this machine", "loopback.example"]
  ])("%s: %s", ([code, what, host]) =>
    Effect.gen(function*() {
      const dns = yield* makeDns({
        "empty.example": {},
        "alias.example": { cname: "nowhere.example" },
        "servfail.example": { rcode: "SERVFAIL" },
        "refused.example": { rcode: "REFUSED" },
        "silent.example": { silent: true },
        "loopback.example": { a: ["127.0.0.1"], aaaa: ["::1"] }
      })
      const fetcher = layerFetcher(yield* Web, { dnsServers: [dns.server] })
      // Only where nothing comes is the limit waited for.
      const connectMs = what === "no answer" ? 300 : 5_000
      assert.strictEqual(yield* Effect.provide(outcome({ host, limits: { connectMs } }), fetcher), code)
    }))

  it.effect("DnsTemporaryFailure: no name server", () =>
    Effect.gen(function*() {
      const fetcher = layerFetcher(yield* Web, { dnsServers: ["127.0.0.1:2"] })
      assert.strictEqual(yield* Effect.provide(outcome({ host: "im.example" }), fetcher), "DnsTemporaryFailure")
    }))

  it.effect.each<readonly [host: string, path: string, address: boolean, leaf: boolean]>([
    ["refused.example", "/", true, false],
    ["hang.example", "/", true, false],
    ["expired.example", "/", true, true],
    ["stranger.example", "/", true, true],
    ["wrong-name.example", "/", true, true],
    ["im.example", "/no%20HTTP", true, true],
    ["im.example", "/less%20than%20its%20length", true, true]
  ])("evidence of the failure at %s%s (POSH-RES-90)", ([host, path, address, leaf]) =>
    Effect.gen(function*() {
      const { trace } = yield* Effect.flip(get({ host, path, limits: { connectMs: 300 } }))
      const { der } = yield* (yield* Web).certificateOf(host)
      assert.strictEqual(trace.address, address ? "127.0.0.1" : undefined)
      assert.strictEqual(trace.tlsLeafSha256, leaf ? sha256Base64(der) : undefined)
      assert.isAtLeast(trace.endedAt, trace.startedAt)
    }))
})
