import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { changedVariables } from "../../src/config/changed.ts"
import type { Variable } from "../../src/config/Variable.ts"
import { variables } from "../../src/config/variables.ts"

const secret = "s3cret-".repeat(8)

describe("what the line at the start tells of the settings", () => {
  const rows: ReadonlyArray<readonly [name: string, text: string, told: string | undefined]> = [
    ["POSH_PORT", "0", "0"],
    ["POSH_PORT", "8080", undefined], // the default
    ["POSH_PORT", "", undefined],
    ["POSH_DELEGATION_HOSTS", "a.example, b.example", "a.example, b.example"],
    ["POSH_CONNECT_TO", "a.example:443=127.0.0.1:8443", "a.example:443=127.0.0.1:8443"],
    ["POSH_REDIS_URL", "redis://cache.internal:6379/2", "redis://cache.internal:6379/2"],
    ["POSH_REDIS_URL", `redis://posh:${secret}@cache.internal:6379`, "(secret)"],
    ["POSH_REDIS_URL", `redis://a?name=posh&sentinelUser=s&sentinelPassword=${secret}`, "(secret)"],
    ["POSH_REDIS_URL", `no URL ${secret}`, "(secret)"],
    ["POSH_CACHE_SECRET", secret, "(secret)"],
    ["POSH_DECISION_LOG_KEY", secret, "(secret)"],
    ["POSH_API_KEYS", `ops:admin:${"0".repeat(64)}`, "(secret)"],
    ["POSH_EGRESS_PROXY", "http://proxy.internal:3128", "http://proxy.internal:3128"],
    ["POSH_EGRESS_PROXY", `http://user:${secret}@proxy.internal:3128`, "(secret)"],
    ["OTEL_EXPORTER_OTLP_HEADERS", `authorization=Bearer%20${secret}`, "(secret)"],
    ["OTEL_EXPORTER_OTLP_ENDPOINT", `http://user:${secret}@127.0.0.1:4318`, "(secret)"]
  ]
  it.each(rows)("%s=%s", (name, text, told) => {
    assert.deepStrictEqual(changedVariables({ [name]: text }), told === undefined ? [] : [`${name}=${told}`])
  })

  it("is nothing of a variable whose text is a secret, whichever there are", () => {
    const secrets = Object.values<Variable<unknown>>(variables).filter(({ meaning, values }) =>
      /secret|password|\bkeys? of\b|API key|^entries/i.test(`${values} ${meaning}`) && !/path/.test(values)
    )
    assert.isAtLeast(secrets.length, 5)
    for (const { name, parse } of secrets) {
      for (const text of [secret, `name=${secret}`, `http://user:${secret}@proxy.example:1`, `redis://:${secret}@r`]) {
        if (Result.isSuccess(parse(text))) {
          assert.deepStrictEqual(changedVariables({ [name]: text }), [`${name}=(secret)`])
        }
      }
    }
  })
})
