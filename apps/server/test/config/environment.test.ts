import { assert, describe, it, vi } from "@effect/vitest"
import { Effect } from "effect"
import { environment, isLoopback, ownVariables, unknownVariables } from "../../src/config/Config.ts"
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

  it("unknown variables are named, with the one that was meant", () =>
    assert.deepStrictEqual(
      unknownVariables({
        POSH_PORT: "1",
        POSH_PROT: "1",
        POSH_DELEGATON_HOSTS: "x",
        POSH_SOMETHING_ELSE: "x",
        OTEL_SERVICE_NAMES: "x",
        OTEL_LOGS_EXPORTER: "otlp",
        OTEL_METRICS_EXPORTER: "",
        OTEL_SERVICE_NAME: "x",
        OTEL_TRACES_SAMPLER: "always_on",
        OTEL_TRACES_SAMPLER_ARG: "1",
        POSH_TRACE_SAMPLE: "1",
        OTHER: "x"
      }),
      [
        "POSH_PROT is not a variable of this service and has no effect; did you mean POSH_PORT?",
        "POSH_DELEGATON_HOSTS is not a variable of this service and has no effect; did you mean POSH_DELEGATION_HOSTS?",
        "POSH_SOMETHING_ELSE is not a variable of this service and has no effect",
        "OTEL_SERVICE_NAMES is not a variable of this service and has no effect; did you mean OTEL_SERVICE_NAME?",
        "OTEL_LOGS_EXPORTER is not a variable of this service and has no effect",
        "OTEL_TRACES_SAMPLER_ARG has no effect without OTEL_TRACES_SAMPLER=traceidratio or parentbased_traceidratio",
        "POSH_TRACE_SAMPLE has no effect beside OTEL_TRACES_SAMPLER"
      ]
    ))

  it.each([
    ["127.0.0.1", true],
    ["127.255.0.9", true],
    ["::1", true],
    ["localhost", true],
    ["128.0.0.1", false],
    ["0.0.0.0", false],
    ["::", false],
    ["::ffff:10.0.0.1", false]
  ])("is %s a loopback address? %s", (host, expected) => assert.strictEqual(isLoopback(host), expected))
})
