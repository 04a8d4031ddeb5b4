/** One way in which a Redis fails. */
import type { RedisServer } from "@posh/testing"
import type { Effect, Scope } from "effect"
import type { Course, Outcome } from "./Course.ts"
import type { Fleet } from "./fleet.ts"
import type { World } from "./world.ts"

export type Scenario = Ordinary | Play

/** Under the load that all have. */
export interface Ordinary {
  readonly name: string
  /** What is done to Redis, in a few words for the page. */
  readonly what: string
  /** Mended after a while; or else it gets well by itself, and nobody waits. */
  readonly mended: boolean
  readonly arrange: Effect.Effect<Arrangement, never, Scope.Scope>
}

/** With a course of its own. */
export interface Play {
  readonly name: string
  readonly what: string
  readonly play: (course: Course) => Effect.Effect<Outcome>
}

/** Where it happens. */
export interface Stage {
  readonly world: World
  readonly fleet: Fleet
}

/** Servers that run, and what will become of them. */
export interface Arrangement {
  /** Of the replicas: where Redis is. */
  readonly env: Readonly<Record<string, string>>
  readonly break: (stage: Stage) => Effect.Effect<void>
  readonly mend: (stage: Stage) => Effect.Effect<void>
  /** Before it is mended: what else is wrong, a line each. */
  readonly judge?: (stage: Stage) => Effect.Effect<ReadonlyArray<string>>
  /** All that may hold data; those that are gone answer nothing. */
  readonly servers: ReadonlyArray<RedisServer>
}
