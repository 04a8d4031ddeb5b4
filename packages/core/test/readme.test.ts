/** The example of the package's README: shown as the file has it, and run against a real origin. */
import { assert, describe, layer } from "@effect/vitest"
import { Behave, fingerprintsDocument, selfSigned } from "@posh/testing"
import { Effect, Layer } from "effect"
import { readFileSync } from "node:fs"
import { isVouchedFor, layer as overTheNetwork } from "../examples/isVouchedFor.ts"
import { layerVerifier, layerWorld, rfcPath } from "./world/world.ts"

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8")

const published = await Effect.runPromise(selfSigned())
const other = await Effect.runPromise(selfSigned())

const world = layerWorld({
  "hosted.example": {
    routes: { [rfcPath]: Behave.json(fingerprintsDocument([published], { expires: 3_600 })) }
  }
})

describe("README", () => {
  layer(layerVerifier().pipe(Layer.provideMerge(world)), { excludeTestServices: true })("its example", (it) => {
    it("is the file that is run here", () => {
      const [, shown] = /^```ts\n([\s\S]*?)^```$/m.exec(read("../README.md")) ?? []
      assert.strictEqual(shown, read("../examples/isVouchedFor.ts"))
    })

    it.effect("accepts what the domain publishes, and nothing else", () =>
      Effect.gen(function*() {
        assert.deepInclude(yield* isVouchedFor("hosted.example", published.pem), { valid: true, code: "Verified" })
        assert.deepInclude(yield* isVouchedFor("hosted.example", other.pem), { valid: false })
        const refused = yield* Effect.flip(isVouchedFor("hosted.example", "no certificate"))
        assert.deepInclude(refused, { code: "MalformedPresentedCertificate", field: "certificate" })
      }))

    it.effect("has a layer that builds", () => Effect.scoped(Layer.build(overTheNetwork)))
  })
})
