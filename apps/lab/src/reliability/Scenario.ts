/** One failure of Redis. */
import type { RedisServer } from "@posh/testing"
import type { Effect, Scope } from "effect"
import type { Fleet } from "./fleet.ts"
import type { Outcome, Timing } from "./Timing.ts"
import type { World } from "./world.ts"

export type Scenario = StandardScenario | CustomScenario

/** Under the common load. */
export interface StandardScenario {
  readonly name: string
  /** What happens to Redis, for the page. */
  readonly what: string
  /** It is repaired after a while. If false, it recovers by itself. */
  readonly needsRepair: boolean
  readonly setUp: Effect.Effect<Setup, never, Scope.Scope>
}

/** With a load and stages of its own. */
export interface CustomScenario {
  readonly name: string
  readonly what: string
  readonly run: (timing: Timing) => Effect.Effect<Outcome>
}

/** The fleet, and the domains that it is asked about. */
export interface Testbed {
  readonly world: World
  readonly fleet: Fleet
}

/** Running servers, and how they fail and are repaired. */
export interface Setup {
  /** Environment of the replicas: the address of Redis. */
  readonly env: Readonly<Record<string, string>>
  readonly break: (testbed: Testbed) => Effect.Effect<void>
  readonly repair: (testbed: Testbed) => Effect.Effect<void>
  /** Further faults before the repair, one line each. */
  readonly check?: (testbed: Testbed) => Effect.Effect<ReadonlyArray<string>>
  /** All servers that may hold data; those that were killed do not answer. */
  readonly servers: ReadonlyArray<RedisServer>
}
