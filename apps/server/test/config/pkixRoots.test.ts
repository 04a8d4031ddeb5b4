/** The roots of PKIX: where they come from, what is refused, and how they change. */
import { assert, describe, it } from "@effect/vitest"
import { mozillaRoots, systemRoots } from "@posh/core/node"
import { issue, rootCa, selfSigned } from "@posh/testing"
import { Effect, Logger, Result } from "effect"
import { writeFile } from "node:fs/promises"
import { rootCertificates } from "node:tls"
import { readSettings } from "../../src/config/Config.ts"
import { followPkixRoots, readPkixRoots } from "../../src/config/pkixRoots.ts"
import { makeFile } from "../proofs/world.ts"
import { until } from "../redis/replica.ts"

const settingsOf = (roots: string) => Result.getOrThrow(readSettings({ POSH_PKIX_ROOTS: roots }))

describe("POSH_PKIX_ROOTS", () => {
  it("mozilla: those of Node.js", () => {
    assert.strictEqual(mozillaRoots().length, rootCertificates.length)
  })

  it("system: those of the operating system, if it has any", () => {
    assert.isArray(systemRoots())
  })

  it.effect("is mozilla by default, and nothing is read before somebody asks", () =>
    Effect.gen(function*() {
      const anchors = yield* readPkixRoots(Result.getOrThrow(readSettings({})))
      assert.isNotEmpty(anchors.id)
      assert.strictEqual(anchors.id, (yield* readPkixRoots(settingsOf("mozilla"))).id)
    }))

  const faults: ReadonlyArray<readonly [string, Effect.Effect<string>, RegExp]> = [
    ["nothing", Effect.succeed(""), /POSH_PKIX_ROOTS: .*no PEM certificate/],
    ["a leaf", Effect.map(Effect.flatMap(rootCa(), (ca) => issue(ca)), ({ pem }) => pem), /POSH_PKIX_ROOTS: .*no CA/],
    ["a private key", Effect.map(selfSigned(), ({ keyPem }) => keyPem), /POSH_PKIX_ROOTS: .*not CERTIFICATE/],
    [
      "a root that no path can lead to",
      Effect.map(rootCa({ criticalUnknown: true }), ({ pem }) => pem),
      /POSH_PKIX_ROOTS: certificate 1 cannot be a root: critical extension/
    ],
    ["a block that is cut off", Effect.map(rootCa(), ({ pem }) => pem.slice(0, -40)), /POSH_PKIX_ROOTS: .*cut off/]
  ]
  it.effect.each(faults)("a file with %s", ([, content, says]) =>
    Effect.gen(function*() {
      const file = yield* makeFile(yield* content)
      const { message } = yield* Effect.flip(readPkixRoots(settingsOf(file)))
      assert.match(message, says)
    }))

  it.effect("a file that is not there", () =>
    Effect.gen(function*() {
      const { message } = yield* Effect.flip(readPkixRoots(settingsOf("/nowhere/roots.pem")))
      assert.match(message, /POSH_PKIX_ROOTS: /)
    }))

  it.live("a file that changes is read again; one that cannot be read leaves the roots as they were", () => {
    const lines: Array<string> = []
    const logger = Logger.map(Logger.formatLogFmt, (line) => void lines.push(line))
    return Effect.gen(function*() {
      const [old, fresh] = [yield* rootCa(), yield* rootCa()]
      const file = yield* makeFile(old.pem)
      const write = (pem: string) => Effect.promise(() => writeFile(file, pem))
      const anchors = yield* followPkixRoots(settingsOf(file))
      const idOf = (pem: string) =>
        Effect.andThen(write(pem), Effect.map(readPkixRoots(settingsOf(file)), ({ id }) => id))
      const [first, second] = [yield* idOf(old.pem), yield* idOf(fresh.pem)]
      yield* until("the new roots", Effect.sync(() => anchors.id === second))
      yield* write("garbage")
      yield* until("a word of the fault", Effect.sync(() => lines.some((line) => line.includes("stay as they were"))))
      assert.strictEqual(anchors.id, second)
      yield* write(old.pem)
      yield* until("the old roots again", Effect.sync(() => anchors.id === first))
    }).pipe(Effect.provide(Logger.layer([logger])))
  })
})
