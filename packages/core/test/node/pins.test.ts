/** The operator's pins: how they are read, which chains satisfy them, and that every connection is checked (POSH-RES-37). */
import { assert, describe, it } from "@effect/vitest"
import { type Certificate, daysFromNow, issue, rootCa, selfSigned } from "@posh/testing"
import { Effect, Layer, Result } from "effect"
import { hash, X509Certificate } from "node:crypto"
import type { AddressInfo } from "node:net"
import { createServer } from "node:tls"
import { HttpsFetcher, parsePins } from "../../src/node/index.ts"
import { pinError } from "../../src/node/pinError.ts"
import { connectTo, outcome } from "./world.ts"

const zeros = `${"A".repeat(43)}=`
const slashes = Buffer.alloc(32, 0xff).toString("base64")

/** As operators compute it: by another library than the one that decides. */
const pinOf = ({ pem }: Certificate) =>
  hash("sha256", new X509Certificate(pem).publicKey.export({ type: "spki", format: "der" }), "base64")

const read = (text: string) =>
  Result.match(parsePins(text), {
    onFailure: ({ message }) => message,
    onSuccess: (pins) => [...pins].map(([host, keys]) => `${host} ${[...keys].join(" ")}`).join("; ")
  })

describe("parsePins", () => {
  it.each<readonly [what: string, text: string, pins: string]>([
    ["one host", `im.example sha256/${zeros}`, `im.example ${zeros}`],
    ["several pins", `im.example sha256/${zeros} sha256/${slashes}`, `im.example ${zeros} ${slashes}`],
    [
      "several lines of a host add up",
      `a.example ${zeros}\nb.example ${zeros}\na.example ${slashes}`,
      [
        `a.example ${zeros} ${slashes}`,
        `b.example ${zeros}`
      ].join("; ")
    ],
    ["the same pin twice", `im.example ${zeros} sha256/${zeros}`, `im.example ${zeros}`],
    ["as curl has it", `im.example sha256//${zeros}`, `im.example ${zeros}`],
    ["base64 that begins with a slash", `im.example sha256/${slashes} ${slashes}`, `im.example ${slashes}`],
    [
      "as RFC 7469 has it",
      `im.example pin-sha256="${zeros}"; pin-sha256="${slashes}"`,
      `im.example ${zeros} ${slashes}`
    ],
    ["comments and blank lines", `# ours\n\n  im.example\t${zeros} # until May\r\n`, `im.example ${zeros}`],
    ["letter case and the last dot", `IM.Example. ${zeros}`, `im.example ${zeros}`],
    ["U-labels", `b\u00fccher.example ${zeros}`, `xn--bcher-kva.example ${zeros}`]
  ])("%s", (_, text, pins) => assert.strictEqual(read(text), pins))

  it.each<readonly [what: string, text: string, fault: RegExp]>([
    ["nothing", "", /^pins: holds no pin$/],
    ["comments alone", "# im.example", /^pins: holds no pin$/],
    ["a host alone", `a.example ${zeros}\nim.example # soon`, /^pins: line 2: im\.example has no pin$/],
    ["no host", `\nsha256/${zeros}`, /^pins: line 2: must begin with a host name, and "sha256\/A+=" is none/],
    ["an address", `192.0.2.1 ${zeros}`, /^pins: line 1: must begin with a host name/],
    ["a port", `im.example:443 ${zeros}`, /^pins: line 1: must begin with a host name/],
    ["a URL", `https://im.example/ ${zeros}`, /^pins: line 1: must begin with a host name/],
    ["all below a host", `.example ${zeros}`, /^pins: line 1: must begin with a host name/],
    [
      "31 octets",
      `im.example sha256/${Buffer.alloc(31).toString("base64")}`,
      /^pins: line 1: "sha256\/A+==" is no pin/
    ],
    ["no padding", `im.example sha256/${zeros.slice(0, -1)}`, /is no pin: sha256\/ and the base64 of 32 octets/],
    ["pad bits", `im.example sha256/${"A".repeat(42)}B=`, /is no pin/],
    ["base64url", `im.example sha256/${slashes.replaceAll("/", "_")}`, /is no pin/],
    ["another hash", `im.example sha1/${zeros}`, /is no pin/],
    ["hex", `im.example sha256/${"0".repeat(64)}`, /is no pin/],
    ["a comma between", `im.example sha256/${zeros},sha256/${zeros}`, /is no pin/],
    ["one quotation mark", `im.example pin-sha256="${zeros}`, /is no pin/],
    ["a fault after good pins", `im.example ${zeros}\nim.example ${zeros} x`, /^pins: line 2: "x" is no pin/]
  ])("%s is refused", (_, text, fault) => assert.match(read(text), fault))
})

describe("which certificates a pin admits", () => {
  const world = Effect.cached(Effect.gen(function*() {
    const [root, other] = yield* Effect.all([rootCa({ subject: "CN=Root" }), rootCa({ subject: "CN=Other Root" })])
    const intermediate = yield* issue(root, { ca: true, subject: "CN=Intermediate" })
    const leaf = yield* issue(intermediate, { dnsNames: ["im.example"] })
    const make = (options: Parameters<typeof issue>[1]) =>
      Effect.flatMap(
        issue(other, { ca: true, subject: "CN=Intermediate", keys: intermediate.keys, ...options }),
        (cross) => Effect.succeed(cross)
      )
    return {
      root,
      intermediate,
      leaf,
      other,
      // Another certificate of the same intermediate, as by cross-signing.
      cross: yield* make({}),
      lateCross: yield* make({ notBefore: daysFromNow(-9), notAfter: daysFromNow(-1) }),
      noCa: yield* make({ ca: false }),
      // The name of the intermediate with the key of another: anybody can send such a certificate.
      decoy: yield* selfSigned({ ca: true, subject: "CN=Intermediate", keys: other.keys })
    }
  })).pipe(Effect.runSync)

  type Name = keyof Effect.Success<typeof world>
  it.live.each<readonly [what: string, pinned: ReadonlyArray<Name>, issuers: ReadonlyArray<Name>, isAdmitted: boolean]>(
    [
      ["the host's own key", ["leaf"], ["intermediate", "root"], true],
      ["the host's own key, where no issuer is known", ["leaf"], [], true],
      ["the intermediate's", ["intermediate"], ["intermediate", "root"], true],
      ["the intermediate's, without a root", ["intermediate"], ["intermediate"], true],
      ["the root's", ["root"], ["intermediate", "root"], true],
      ["one of several", ["other", "root"], ["intermediate", "root"], true],
      ["a key that is nowhere", ["other"], ["intermediate", "root"], false],
      ["the intermediate's, where it is not shown", ["intermediate"], [], false],
      ["the root's, where the path to it is not shown", ["root"], ["root"], false],
      ["of a root that cross-signed", ["other"], ["cross", "other"], true],
      ["of a root whose cross-certificate has expired", ["other"], ["lateCross", "other"], false],
      ["of a root that certified the key, and not as a CA's", ["other"], ["noCa", "other"], false],
      ["a key that has only the issuer's name", ["decoy"], ["decoy"], false],
      ["a key beside the path", ["other"], ["intermediate", "root", "other"], false],
      [
        "a key that has only the issuer's name, before the real one",
        ["decoy"],
        ["decoy", "intermediate", "root"],
        false
      ]
    ]
  )("%s", ([, pinned, issuers, isAdmitted]) =>
    Effect.gen(function*() {
      const certificates = yield* world
      const error = pinError({
        pins: new Set(pinned.map((name) => pinOf(certificates[name]))),
        leaf: certificates.leaf.der,
        issuers: () => issuers.map((name) => certificates[name].der),
        now: Date.now()
      })
      assert.strictEqual(
        error?.message,
        isAdmitted ? undefined : `the key of its certificate is sha256/${pinOf(certificates.leaf)}`
      )
    }))

  it.live("octets that are no certificate are admitted by none, and nothing throws (POSH-SEC-13)", () =>
    Effect.gen(function*() {
      const { leaf } = yield* world
      const pins = new Set([zeros])
      for (const octets of [new Uint8Array(), Uint8Array.of(0x30, 0x80), leaf.der.subarray(0, 99)]) {
        assert.instanceOf(pinError({ pins, leaf: octets, issuers: () => [octets, leaf.der], now: 0 }), Error)
      }
    }))
})

describe("a pinned host", () => {
  it.live("is checked on every connection, before anything is sent to it", () =>
    Effect.gen(function*() {
      const root = yield* rootCa()
      const [first, second] = yield* Effect.all([
        issue(root, { dnsNames: ["im.example"] }),
        issue(root, { dnsNames: ["im.example"] })
      ])
      let received = 0
      const server = createServer({ cert: first.pem, key: first.keyPem }, (socket) =>
        socket.on("error", () =>
          undefined).on("data", () => {
            received += 1
            socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
          })).on("tlsClientError", () =>
          undefined)
      yield* Effect.acquireRelease(
        Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
        () => Effect.sync(() => server.close())
      )
      const { port } = server.address() as AddressInfo
      const pins = Result.getOrThrow(parsePins(`im.example sha256/${pinOf(first)}`))
      const options = { userAgent: "posh-test", extraCa: root.pem, connectTo: connectTo(`:=127.0.0.1:${port}`) }
      const layer = yield* Layer.build(HttpsFetcher.layer({ ...options, pins }))
      const ask = Effect.provide(outcome({ host: "im.example" }), layer)

      assert.strictEqual(yield* ask, "200 {}")
      assert.strictEqual(yield* ask, "200 {}")
      server.setSecureContext({ cert: second.pem, key: second.keyPem })
      assert.strictEqual(yield* ask, "PinMismatch")
      assert.strictEqual(yield* Effect.provide(outcome({ host: "im.example", smallHello: true }), layer), "PinMismatch")
      assert.strictEqual(received, 2)
      const unpinned = yield* Layer.build(HttpsFetcher.layer(options))
      assert.strictEqual(yield* Effect.provide(outcome({ host: "im.example" }), unpinned), "200 {}")
    }).pipe(Effect.scoped))
})
