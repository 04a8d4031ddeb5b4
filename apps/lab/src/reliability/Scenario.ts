/** One way in which a Redis fails. */
import type { RedisServer } from "@posh/testing"
import type { Effect, Scope } from "effect"
import type { Fleet } from "./fleet.ts"
import type { Outcome, Timing } from "./Timing.ts"
import type { World } from "./world.ts"

export type Scenario = StandardScenario | CustomScenario

/** Under the load that all have. */
export interface StandardScenario {
  readonly name: string
  /** What is done to Redis, in a few words for the page. */
  readonly what: string
  /** Mended after a while; or else it gets well by itself, and nobody waits. */
  readonly needsRepair: boolean
  readonly setUp: Effect.Effect<Setup, never, Scope.Scope>
}

/** With a course of its own. */
export interface CustomScenario {
  readonly name: string
  readonly what: string
  readonly run: (timing: Timing) => Effect.Effect<Outcome>
}

/** Where it happens. */
export interface Testbed {
  readonly world: World
  readonly fleet: Fleet
}

/** Servers that run, and what will become of them. */
export interface Setup {
  /** Of the replicas: where Redis is. */
  readonly env: Readonly<Record<string, string>>
  readonly break: (testbed: Testbed) => Effect.Effect<void>
  readonly repair: (testbed: Testbed) => Effect.Effect<void>
  /** Before it is mended: what else is wrong, a line each. */
  readonly check?: (testbed: Testbed) => Effect.Effect<ReadonlyArray<string>>
  /** All that may hold data; those that are gone answer nothing. */
  readonly servers: ReadonlyArray<RedisServer>
}
