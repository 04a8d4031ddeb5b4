/** One way in which a Redis fails. */
import type { RedisServer } from "@posh/testing"
import type { Effect, Scope } from "effect"

export interface Scenario {
  readonly name: string
  /** What is done to Redis, in a few words for the page. */
  readonly what: string
  /** Mended after a while; or else it gets well by itself, and nobody waits. */
  readonly mended: boolean
  readonly arrange: Effect.Effect<Arrangement, never, Scope.Scope>
}

/** Servers that run, and what will become of them. */
export interface Arrangement {
  /** Of the replicas: where Redis is. */
  readonly env: Readonly<Record<string, string>>
  readonly break: Effect.Effect<void>
  readonly mend: Effect.Effect<void>
  /** All that may hold data; those that are gone answer nothing. */
  readonly servers: ReadonlyArray<RedisServer>
}
