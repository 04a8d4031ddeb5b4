/** `deadlineMs` is kept, whatever a resolution hangs in, by both ways in which a question comes (POSH-REQ-07). */
import { assert, describe, it } from "@effect/vitest"
import type { Answer } from "@posh/api"
import { Effect, Layer } from "effect"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { Service } from "../service.ts"
import { layerService, ways } from "./hanging.ts"

const deadlineMs = 200
/** POSH-REQ-07 and the promise of the API: within so much of it. */
const toleranceMs = 50

/** So many answers in time are asked for, of so many: other work on the machine makes answers later, never earlier. */
const inTime = 2
const mostTries = 40

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

/** For how long this process has been too busy to read a question. */
const delays = monitorEventLoopDelay({ resolution: 1 })
delays.enable()

/** How much later than a timer of the same length, set at the same moment by the same process, an answer comes. */
const lateness = <E, R>(ask: Effect.Effect<{ readonly json: unknown }, E, R>) =>
  Effect.gen(function*() {
    const startedAt = performance.now()
    const reference = Effect.map(Effect.sleep(deadlineMs), () => performance.now())
    const asked = Effect.map(ask, ({ json }) => ({ answer: json as Answer, at: performance.now() }))
    const [due, { answer, at }] = yield* Effect.all([reference, asked], { concurrency: 2 })
    return { code: answer.code, lateMs: at - due, elapsedMs: at - startedAt, busyMs: delays.max / 1e6 }
  })

describe("a resolution that hangs in", () => {
  it.live.each(ways)("$name", ({ code, domain, prepare }) =>
    Effect.gen(function*() {
      const deployment = yield* prepare
      const service = yield* Layer.build(layerService(deployment))
      yield* Effect.provide(deployment.before ?? Effect.void, service)
      for (const [lane, ask] of Object.entries(lanes)) {
        const late: Array<number> = []
        while (late.filter((ms) => ms < toleranceMs).length < inTime) {
          assert.isBelow(late.length, mostTries, `${lane}: late by ${late.map(Math.round)} ms`)
          const asked = lateness(ask(domain(`${lane.toLowerCase()}${late.length}`)))
          const found = yield* Effect.provide(asked, service)
          assert.strictEqual(found.code, code)
          // While this process is busy a question may have waited to be read, which counts.
          assert.isAtLeast(found.elapsedMs, deadlineMs - 5 - found.busyMs)
          assert.isBelow(found.elapsedMs, deadlineMs + 1_000)
          late.push(found.lateMs)
        }
      }
    }), 120_000)
})
