/** The example of the README of `@posh/api`: shown as the file has it, and run against a service. */
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { Service } from "../../apps/server/test/service.ts"
import { fakeVerifier, mismatch, verified } from "../../apps/server/test/service/verdicts.ts"
import { verifyByFingerprint } from "../../packages/api/examples/verifyByFingerprint.ts"

const read = (path: string) => readFileSync(new URL(`../../packages/api/${path}`, import.meta.url), "utf8")

const { layer: verifier, record } = fakeVerifier({ "hosted.example": verified, "mismatch.example": mismatch })

layer(Service.layer(verifier), { excludeTestServices: true })("the example of @posh/api", (it) => {
  it("is the file that is run here", () => {
    const [, shown] = /^```ts\n([\s\S]*?)^```$/m.exec(read("README.md")) ?? []
    assert.strictEqual(shown, read("examples/verifyByFingerprint.ts"))
  })

  it.effect("asks, and gives the verdict", () =>
    Effect.gen(function*() {
      const { baseUrl } = yield* Service
      const ask = (domain: string) => verifyByFingerprint(baseUrl, domain, "ab".repeat(32))
      assert.deepStrictEqual(yield* ask("hosted.example"), { valid: true, code: "Verified" })
      assert.deepInclude(yield* ask("mismatch.example"), { valid: false })
      assert.deepInclude(record.questions.at(-1), { fingerprint: { "sha-256": "ab".repeat(32) } })
      assert.deepInclude(yield* Effect.flip(ask("other.example")), { code: "InvalidSourceDomain", field: "domain" })
    }))
})
