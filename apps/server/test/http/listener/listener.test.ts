import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { makeListener } from "../../../src/http/listener/Listener.ts"

it.live("a request that comes before the routes is told to come back, not left waiting", () =>
  Effect.gen(function*() {
    const { url } = yield* makeListener({ host: "127.0.0.1", port: 0, maxConnections: 10 })
    const response = yield* Effect.promise(() => fetch(`${url}/health/ready`))
    assert.strictEqual(response.status, 503)
    assert.strictEqual(response.headers.get("retry-after"), "1")
    assert.deepInclude(yield* Effect.promise(() => response.json()), { code: "Overloaded", status: 503 })
  }).pipe(Effect.scoped))
