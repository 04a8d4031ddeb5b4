/**
 * Equal calls at the same time share one. It ends early only if everybody who waits for it has left.
 */
import { Deferred, Effect, type Fiber } from "effect"

type Fork = <X>(effect: Effect.Effect<X>) => Fiber.Fiber<X>

interface Shared<A, E> {
  readonly landed: Deferred.Deferred<A, E>
  waiting: number
  fiber: Fiber.Fiber<unknown, unknown> | undefined
}

/** Whether the call was begun for this caller, and with its deadline. */
export interface Joined<A, E> {
  readonly began: boolean
  readonly result: Effect.Effect<A, E>
}

export class SharedCalls<A, E> {
  readonly #calls = new Map<string, Shared<A, E>>()
  readonly #fork: Fork

  constructor(fork: Fork) {
    this.#fork = fork
  }

  get size(): number {
    return this.#calls.size
  }

  join<B, E2>(
    key: string,
    work: Effect.Effect<A, E>,
    use: (joined: Joined<A, E>) => Effect.Effect<B, E2>
  ): Effect.Effect<B, E2> {
    return Effect.acquireUseRelease(
      Effect.sync(() => this.#enter(key, work)),
      ({ began, shared }) => use({ began, result: Deferred.await(shared.landed) }),
      ({ shared }) => Effect.sync(() => this.#leave(key, shared))
    )
  }

  #enter(key: string, work: Effect.Effect<A, E>) {
    const known = this.#calls.get(key)
    if (known !== undefined) {
      known.waiting += 1
      return { began: false, shared: known }
    }
    const shared: Shared<A, E> = { landed: Deferred.makeUnsafe(), waiting: 1, fiber: undefined }
    this.#calls.set(key, shared)
    const landing = Effect.onExit(work, (exit) =>
      Effect.sync(() => {
        this.#forget(key, shared)
        Deferred.doneUnsafe(shared.landed, exit)
      }))
    shared.fiber = this.#fork(Effect.exit(landing))
    return { began: true, shared }
  }

  #leave(key: string, shared: Shared<A, E>): void {
    shared.waiting -= 1
    if (shared.waiting > 0) return
    this.#forget(key, shared) // who comes now must not join what is ending
    shared.fiber?.interruptUnsafe()
  }

  #forget(key: string, shared: Shared<A, E>): void {
    if (this.#calls.get(key) === shared) this.#calls.delete(key)
  }
}
