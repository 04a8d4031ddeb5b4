/** Invalid options fail the build of the layer, with the reason. */
import { assert, describe, it } from "@effect/vitest"
import { issue, rootCa, selfSigned } from "@posh/testing"
import { Effect, Layer } from "effect"
import { type EgressOptions, HttpsFetcher } from "../../src/node/index.ts"

const build = (options: Partial<EgressOptions>) =>
  Effect.scoped(Layer.build(HttpsFetcher.layer({ userAgent: "posh-test/1.0", ...options }))).pipe(
    Effect.match({ onFailure: ({ message }) => message, onSuccess: () => "built" })
  )

describe("HttpsFetcher.layer", () => {
  it.live.each<readonly [what: string, userAgent: string, outcome: string]>([
    ["a contact", "posh/1.0 (+https://posh.example; ops@posh.example)", "built"],
    ["nothing", "", "userAgent: must be words of printable ASCII"],
    ["a line break", "posh\r\nCookie: a=b", "userAgent: must be words of printable ASCII"],
    ["a letter beyond ASCII", "pösh", "userAgent: must be words of printable ASCII"]
  ])("userAgent: %s", ([, userAgent, outcome]) =>
    Effect.gen(function*() {
      assert.strictEqual(yield* build({ userAgent }), outcome)
    }))

  it.live("dnsServers", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* build({ dnsServers: ["127.0.0.1:5353", "[::1]:53"] }), "built")
      assert.strictEqual(
        yield* build({ dnsServers: ["ns.example"] }),
        "dnsServers: [\"ns.example\"] are not all address:port"
      )
    }))

  it.live("extraCa (POSH-SEC-22)", () =>
    Effect.gen(function*() {
      const [root, other, own] = yield* Effect.all([rootCa(), rootCa(), selfSigned({ dnsNames: ["im.example"] })])
      const leaf = yield* issue(root, { dnsNames: ["im.example"] })
      const rows: ReadonlyArray<readonly [what: string, pem: string, outcome: string]> = [
        ["one root", root.pem, "built"],
        ["two, with words between", `Ours:\n${root.pem}\nTheirs:\n${other.pem}`, "built"],
        ["Windows line ends", root.pem.replaceAll("\n", "\r\n"), "built"],
        ["a server's own certificate", own.pem, "built"],
        ["an empty file", "", "extraCa: holds no PEM certificate"],
        ["no PEM", "a certificate, honestly", "extraCa: holds no PEM certificate"],
        ["cut off", root.pem.slice(0, -30), "extraCa: a PEM block is cut off"],
        ["the second cut off", root.pem + other.pem.slice(0, -30), "extraCa: a PEM block is cut off"],
        ["a key", root.pem + own.keyPem, "extraCa: block 2 is PRIVATE KEY, not CERTIFICATE"],
        ["damaged", root.pem.replace(/\nMII./, "\nMIIx"), "extraCa: block 1 is no certificate"],
        ["a leaf", root.pem + leaf.pem, "extraCa: block 2 is no CA certificate"]
      ]
      for (const [what, pem, outcome] of rows) assert.strictEqual(yield* build({ extraCa: pem }), outcome, what)
    }))
})
