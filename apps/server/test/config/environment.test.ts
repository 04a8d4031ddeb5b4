import { assert, describe, it, vi } from "@effect/vitest"
import { Effect } from "effect"
import { environment, ownVariables, unknownVariables } from "../../src/config/Config.ts"
import type { Variable } from "../../src/config/Variable.ts"
import { variables } from "../../src/config/variables.ts"

describe("the environment", () => {
  it("every variable is found in it, alone and among all others", () => {
    const names = Object.values<Variable<unknown>>(variables).map(({ name }) => name)
    for (const name of names) assert.deepStrictEqual(ownVariables({ [name]: "x", PATH: "/bin" }), { [name]: "x" })
    const all = Object.fromEntries(names.map((name) => [name, "x"]))
    assert.deepStrictEqual(ownVariables(all), all)
  })

  it.effect("is that of the process; an empty variable counts as unset", () =>
    Effect.gen(function*() {
      vi.stubEnv("POSH_PORT", "8443")
      vi.stubEnv("POSH_PROT_0", "1")
      vi.stubEnv("POSH_HOST", "")
      const env = yield* environment
      vi.unstubAllEnvs()
      assert.include(env, { POSH_PORT: "8443", POSH_PROT_0: "1" })
      assert.notProperty(env, "POSH_HOST")
      assert.notProperty(env, "PATH")
    }))

  it.each<readonly [name: string, near: string | undefined]>([
    ["POSH_FOO", undefined],
    ["POSH_A", undefined],
    ["POSH_MOST", "POSH_HOST"],
    ["POSH_API_KEY", "POSH_API_KEYS"],
    ["POSH_CACHE_SECERT", "POSH_CACHE_SECRET"],
    ["POSH_CACHE_SECRETS_FILES", "POSH_CACHE_SECRET_FILE"]
  ])("%s: did you mean %s?", (name, near) => {
    const [warning = ""] = unknownVariables({ [name]: "x" })
    assert.strictEqual(/did you mean (\w+)\?$/.exec(warning)?.[1], near)
  })
})
