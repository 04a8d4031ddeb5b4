/**
 * One request of a source for the whole fleet: a process asks as the leader; the others wait for it, and read its result.
 */
import { Effect } from "effect"
import type { FleetShape, Follow, Lead } from "./Fleet.ts"

/** What the shared store had, read under the lead or after that of another process. */
export interface SharedRead<A> {
  /** The result that serves; `undefined` if nothing there does. */
  readonly shared: A | undefined
}

export interface AskOnceParts<A, R extends SharedRead<A>> {
  readonly lead: ReturnType<FleetShape["lead"]>
  /** Reads the shared store, because the memory of this process did not serve. */
  readonly readShared: Effect.Effect<R>
  /** Asks the source, and stores its answer under the lead. */
  readonly ask: (lead: Lead, read: R) => Effect.Effect<A>
}

/** Asks as the leader; or waits for the leader and reads its result, and competes for the lead again if that does not serve. */
export const askOnce = Effect.fnUntraced(function*<A, R extends SharedRead<A>>(
  { ask, lead, readShared }: AskOnceParts<A, R>
): Effect.fn.Return<A> {
  const take = (role: Lead | Follow): Effect.Effect<A | undefined> =>
    role._tag === "Follow"
      ? Effect.andThen(role.over, Effect.map(readShared, ({ shared }) => shared))
      : Effect.flatMap(readShared, (read) => read.shared === undefined ? ask(role, read) : Effect.succeed(read.shared))
  while (true) {
    // The lead is released however the request ends: the rest of the fleet waits for it.
    const result = yield* Effect.acquireUseRelease(
      lead,
      take,
      (role) => role._tag === "Lead" ? role.over : Effect.void
    )
    if (result !== undefined) return result
  }
})
