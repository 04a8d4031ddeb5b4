import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { makeListener } from "../../../src/http/listener/Listener.ts"

it.live("a request before the routes are ready gets 503, and does not wait", () =>
  Effect.gen(function*() {
    const { url } = yield* makeListener({ host: "127.0.0.1", port: 0, maxConnections: 10 })
    const response = yield* Effect.promise(() => fetch(`${url}/health/ready`))
    assert.strictEqual(response.status, 503)
    assert.strictEqual(response.headers.get("retry-after"), "1")
    assert.deepInclude(yield* Effect.promise(() => response.json()), { code: "Overloaded", status: 503 })
  }).pipe(Effect.scoped))
