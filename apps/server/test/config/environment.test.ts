/** What the environment holds beside the settings. */
import { assert, describe, it } from "@effect/vitest"
import { isLoopback, unknownVariables } from "../../src/config/Config.ts"

describe("the environment", () => {
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
