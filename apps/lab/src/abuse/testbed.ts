/** A running service and its two callers. */
import { Effect, type Scope } from "effect"
import { hash, randomBytes } from "node:crypto"
import { Agent } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import type { Reply } from "../exchange.ts"
import type { Ask, Scene, Target } from "./Attack.ts"
import { type HonestCaller, type KnownQuestion, post } from "./honest.ts"
import { type MonitoredService, startMonitored } from "./service.ts"
import type { HostedWorld } from "./world.ts"

export interface Testbed {
  readonly scene: Scene
  readonly service: MonitoredService
  readonly caller: HonestCaller
  readonly target: Target
  /** One question of the honest caller. */
  readonly ask: Ask
}

const pauseMs = 25
/** For how long an answer of the warm-up may be open. */
const warmUpMs = 60_000

/** Completes after the warm-up questions were answered as expected; a wrong answer is a defect. */
export const makeTestbed = (
  world: HostedWorld,
  known: ReadonlyArray<KnownQuestion>,
  scene: Scene
): Effect.Effect<Testbed, never, Scope.Scope> =>
  Effect.gen(function*() {
    const keys = { honest: makeKey(), hostile: makeKey() }
    const entries = Object.entries(keys).map(([name, key]) => `${name}:verify:${hash("sha256", key, "hex")}`)
    const service = yield* Effect.acquireRelease(
      Effect.promise(() => startMonitored({ ...world.env, POSH_API_KEYS: entries.join(), ...scene.env })),
      ({ stop }) => Effect.promise(stop)
    )
    const { port } = service
    const agent = yield* Effect.acquireRelease(
      Effect.sync(() => new Agent({ keepAlive: true })),
      (open) => Effect.sync(() => open.destroy())
    )
    yield* Effect.promise(async () => {
      await waitUntilIdle()
      for (const { body, code, path } of [...known, ...(scene.warmUp ?? [])]) {
        const { body: said, status } = await decided(() => post(agent, port, keys.honest, body, path))
        if (!said.includes(`"code":"${code}"`)) throw new Error(`${code} expected: ${status} ${said}`)
      }
      while (service.memory().rss === 0) await sleep(20)
    })
    return {
      scene,
      service,
      caller: { port, key: keys.honest, known: scene.honest ?? known, pauseMs: scene.pauseMs ?? pauseMs },
      target: { port, key: keys.hostile, question: JSON.stringify(world.question), payloads: scene.payloads ?? [] },
      ask: async (body) => {
        const { body: said } = await post(agent, port, keys.honest, body)
        return said.startsWith("{") ? JSON.parse(said) : {}
      }
    }
  })

/** A busy machine may answer late: what could not be found out is asked again, until it is no longer remembered. */
const decided = async (ask: () => Promise<Reply>): Promise<Reply> => {
  const startedAt = performance.now()
  for (;;) {
    const reply = await ask()
    const isOpen = reply.body.includes("\"verdict\":\"indeterminate\"")
    if (!isOpen || performance.now() - startedAt > warmUpMs) return reply
    await sleep(500)
  }
}

/** The origins run in this thread, which may still be busy with requests of the last attack. */
const waitUntilIdle = async (): Promise<void> => {
  for (let turns = 0, quick = 0; quick < 5 && turns < 500; turns += 1) {
    const since = performance.now()
    await sleep(20)
    quick = performance.now() - since < 60 ? quick + 1 : 0
  }
}

const makeKey = (): string => `posh_${randomBytes(32).toString("base64url")}`
