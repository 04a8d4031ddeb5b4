/** `deadlineMs` is kept, whatever a resolution hangs in, by both ways in which a question comes (POSH-REQ-07). */
import { assert, describe, it } from "@effect/vitest"
import type { Answer } from "@posh/api"
import { Effect, Layer } from "effect"
import { Service } from "../service.ts"
import { hangingDomain, layerService, ways } from "./hanging.ts"

const deadlineMs = 200
/** POSH-REQ-07 and the promise of the API: within so much of it. */
const toleranceMs = 50
const tries = 3

const fingerprint = "00".repeat(32)

/** Both lanes. */
const lanes = {
  "POST": (domain: string) =>
    Service.use(({ post }) =>
      post("/v1/verify", { domain, service: "xmpp-server", fingerprint: { "sha-256": fingerprint }, deadlineMs })
    ),
  "GET": (domain: string) =>
    Service.use(({ ask }) =>
      ask(`/v1/verify?domain=${domain}&service=xmpp-server&sha-256=${fingerprint}&deadlineMs=${deadlineMs}`)
    )
}

/** How much later than a timer of the same length, set at the same moment by the same process, an answer comes. */
const lateness = <E, R>(ask: Effect.Effect<{ readonly json: unknown }, E, R>) =>
  Effect.gen(function*() {
    const startedAt = performance.now()
    const reference = Effect.map(Effect.sleep(deadlineMs), () => performance.now())
    const asked = Effect.map(ask, ({ json }) => ({ answer: json as Answer, at: performance.now() }))
    const [due, { answer, at }] = yield* Effect.all([reference, asked], { concurrency: 2 })
    return { code: answer.code, lateMs: at - due, elapsedMs: at - startedAt }
  })

const median = (values: ReadonlyArray<number>) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

describe("a resolution that hangs in", () => {
  it.live.each(ways)("$name", ({ code, prepare }) =>
    Effect.gen(function*() {
      const deployment = yield* prepare
      const service = yield* Layer.build(layerService(deployment))
      yield* Effect.provide(deployment.before ?? Effect.void, service)
      for (const ask of Object.values(lanes)) {
        const found = yield* Effect.provide(
          Effect.forEach(Array.from({ length: tries }), () => lateness(ask(hangingDomain))),
          service
        )
        for (const row of found) {
          assert.strictEqual(row.code, code)
          assert.isAtLeast(row.elapsedMs, deadlineMs - 5)
          assert.isBelow(row.elapsedMs, deadlineMs + 1_000)
        }
        assert.isBelow(median(found.map(({ lateMs }) => lateMs)), toleranceMs)
      }
    }), 60_000)
})
