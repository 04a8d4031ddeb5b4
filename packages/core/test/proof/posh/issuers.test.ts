import { assert, describe, it } from "@effect/vitest"
import { type Certificate, issue, rootCa, selfSigned } from "@posh/testing"
import { Effect } from "effect"
import { randomBytes } from "node:crypto"
import { documentLimits } from "../../../src/Limits.ts"
import { keepIssuers, readIssuer } from "../../../src/proof/posh/document/issuers.ts"

const rsa = { key: "rsa4096" } as const
const nothing = new Uint8Array()

/** For each issuer, whether it is kept unchanged. */
const keptOf = ([leaf, ...issuers]: ReadonlyArray<{ readonly der: Uint8Array }>) =>
  keepIssuers(leaf!.der, issuers.map(({ der }) => readIssuer(der))).map((der, index) => {
    if (der.length === 0) return "nothing"
    assert.deepStrictEqual(der, issuers[index]!.der)
    return "kept"
  })

const random = (octets: number) => ({ der: new Uint8Array(randomBytes(octets)) })

describe("keepIssuers (CAC-05, FMT-29)", () => {
  it.effect("keeps a whole chain of four with RSA keys of 4,096 bits", () =>
    Effect.gen(function*() {
      const root = yield* rootCa(rsa)
      const upper = yield* issue(root, { subject: "CN=Upper", ca: true, ...rsa })
      const lower = yield* issue(upper, { subject: "CN=Lower", ca: true, ...rsa })
      const leaf = yield* issue(lower, { dnsNames: ["a.example"], ...rsa })
      assert.deepStrictEqual(keptOf([leaf, lower, upper, root]), ["kept", "kept", "kept"])
    }), 120_000)

  it.effect("replaces what the chain check cannot use, and keeps the positions", () =>
    Effect.gen(function*() {
      const root = yield* rootCa()
      const middle = yield* issue(root, { subject: "CN=Middle", ca: true })
      const leaf = yield* issue(middle, { dnsNames: ["a.example"] })
      const stranger = yield* selfSigned()
      const large = (subject: string, issuer?: Certificate) =>
        issuer === undefined
          ? rootCa({ subject, dnsNames: Array.from({ length: 900 }, (_, index) => `name-${index}.example`) })
          : issue(issuer, { subject, ca: true, dnsNames: Array.from({ length: 900 }, (_, i) => `name-${i}.example`) })
      const largeRoot = yield* large("CN=Large Root")
      const largeMiddle = yield* large("CN=Large Middle", largeRoot)
      const underLarge = yield* issue(largeMiddle, { dnsNames: ["a.example"] })
      const rows: ReadonlyArray<readonly [ReadonlyArray<{ readonly der: Uint8Array }>, ReadonlyArray<string>]> = [
        [[leaf], []],
        [[leaf, middle, root], ["kept", "kept"]],
        [[leaf, ...Array.from({ length: 7 }, () => random(24_000))], Array<string>(7).fill("nothing")],
        [[leaf, random(24_000), middle, root], ["nothing", "nothing", "nothing"]],
        [[leaf, middle, random(10), root], ["kept", "nothing", "nothing"]],
        // The first that is not the issuer stays, so that the check can report it.
        [[leaf, stranger, stranger, stranger], ["kept", "nothing", "nothing"]],
        [[leaf, middle, middle, middle, root], ["kept", "kept", "nothing", "nothing"]],
        // Well-formed certificates that exceed the limit together.
        [[underLarge, largeMiddle, largeRoot], ["kept", "nothing"]]
      ]
      assert.isAbove(largeMiddle.der.length + largeRoot.der.length, documentLimits.issuersOctets)
      for (const [chain, kept] of rows) assert.deepStrictEqual(keptOf(chain), kept)
      assert.deepStrictEqual(keepIssuers(leaf.der, [readIssuer(nothing)]), [nothing])
    }), 120_000)
})
