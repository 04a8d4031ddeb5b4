import { assert, describe, it } from "@effect/vitest"
import { greenhouse } from "@posh/testing"
import { Context, Deferred, Effect, Fiber, Layer, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { Fleet, type FleetShape } from "../../src/cache/Fleet.ts"
import { AssociationStore } from "../../src/cache/store/AssociationStore.ts"
import { makeMemoryStore } from "../../src/cache/store/MemoryStore.ts"
import { type Changes, type FarStore, makeTieredStore } from "../../src/cache/store/TieredStore.ts"
import { Verifier } from "../../src/Verifier.ts"
import { verifyBy } from "../asking.ts"
import { makeWeb, testPolicy } from "../fakeFetcher.ts"
import { question, rfc, start } from "../greenhouse.ts"

/** A fleet in one process: one lead per key; followers wait for its release. */
const makeFleet = (): FleetShape & { readonly leads: () => number } => {
  const leads = new Map<string, Deferred.Deferred<void>>()
  let total = 0
  return {
    leads: () => total,
    lead: ({ text }) =>
      Effect.sync(() => {
        const current = leads.get(text)
        if (current !== undefined) return { _tag: "Follow", over: Deferred.await(current) }
        const mine = Deferred.makeUnsafe<void>()
        leads.set(text, mine)
        total += 1
        const over = Effect.suspend(() => {
          leads.delete(text)
          return Effect.asVoid(Deferred.succeed(mine, undefined))
        })
        return { _tag: "Lead", over }
      })
  }
}

/** Verifiers that share a store and a fleet, like replicas. */
const makeReplicas = Effect.fnUntraced(function*(
  count: number,
  web: ReturnType<typeof makeWeb>,
  fleet: FleetShape,
  storeOver: (shared: Store) => Effect.Effect<Store, never, Scope.Scope> = Effect.succeed
) {
  const shared = yield* memory
  return yield* Effect.forEach(Array.from({ length: count }), () =>
    Effect.gen(function*() {
      const store = yield* storeOver(shared)
      const context = yield* Layer.build(
        Layer.fresh(Verifier.layerNoDeps(testPolicy)).pipe(
          Layer.provide([web.layer, Layer.succeed(AssociationStore, store), Layer.succeed(Fleet, fleet)])
        )
      )
      return Context.get(context, Verifier)
    }))
})

type Store = AssociationStore["Service"]

/** A shared store that never loses data. */
const farOver = (store: Store): FarStore => ({
  ...store,
  era: Effect.succeed("always"),
  isRemoved: () => Effect.succeed(false),
  isWritePending: () => false
})

const memory = makeMemoryStore({ entries: 100, octets: 1e6 })

describe("one flight per key across the fleet", () => {
  it.effect("three replicas asked at once about one cold domain make one resolution", () =>
    Effect.gen(function*() {
      yield* start
      const web = makeWeb({ [rfc]: { json: greenhouse.fingerprints } })
      const replicas = yield* makeReplicas(3, web, makeFleet())
      const answers = yield* Effect.forEach(
        Array.from({ length: 300 }, (_, index) => replicas[index % 3]!),
        (verifier) => verifyBy(verifier, question),
        { concurrency: "unbounded" }
      )
      assert.isTrue(answers.every(({ valid }) => valid))
      assert.strictEqual(web.asked.length, 1)
    }))

  it.effect("a failure is shared too", () =>
    Effect.gen(function*() {
      yield* start
      const web = makeWeb({ [rfc]: { fault: "ConnectTimeout" } })
      const replicas = yield* makeReplicas(3, web, makeFleet())
      const answers = yield* Effect.forEach(replicas, (verifier) => verifyBy(verifier, question), {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(answers.map(({ code }) => code), ["ConnectTimeout", "ConnectTimeout", "ConnectTimeout"])
      assert.strictEqual(web.asked.length, 1)
    }))

  it.effect("a follower of a lead without a result asks the origin itself", () =>
    Effect.gen(function*() {
      yield* start
      const web = makeWeb({ [rfc]: { json: greenhouse.fingerprints } })
      const fleet = makeFleet()
      const [replica] = yield* makeReplicas(1, web, fleet)
      const gone = yield* fleet.lead({ text: "chat.orchard.example:xmpp-server:rfc7711" } as never, () => undefined)
      const waiting = yield* Effect.forkChild(verifyBy(replica!, question))
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual(web.asked.length, 0)
      yield* gone.over
      assert.isTrue((yield* Fiber.join(waiting)).valid)
      assert.strictEqual(web.asked.length, 1)
    }))

  it.effect("the result under a lost lead is answered, and not stored", () =>
    Effect.gen(function*() {
      yield* start
      const web = makeWeb({ [rfc]: { json: greenhouse.fingerprints } })
      const losing: FleetShape = {
        lead: (_key, onLost) => Effect.sync(() => (onLost(), { _tag: "Lead", over: Effect.void }))
      }
      const [replica] = yield* makeReplicas(1, web, losing)
      assert.deepInclude(yield* verifyBy(replica!, question), { valid: true, cache: "miss" })
      assert.deepInclude(yield* verifyBy(replica!, question), { valid: true, cache: "miss" })
    }))

  it.effect("an interrupted leader releases the lead", () =>
    Effect.gen(function*() {
      yield* start
      const web = makeWeb({ [rfc]: { never: true } })
      const [a, b] = yield* makeReplicas(2, web, makeFleet())
      const leaving = yield* Effect.forkChild(verifyBy(a!, question))
      yield* TestClock.adjust("1 second")
      assert.strictEqual(web.asked.length, 1)
      yield* Fiber.interrupt(leaving)
      web.set(rfc, { json: greenhouse.fingerprints })
      assert.isTrue((yield* verifyBy(b!, question)).valid)
    }))

  it.effect("a refresh ahead happens once for the fleet", () =>
    Effect.gen(function*() {
      yield* start
      const web = makeWeb({ [rfc]: { json: { ...greenhouse.fingerprints, expires: 1_000 } } })
      const replicas = yield* makeReplicas(3, web, makeFleet())
      yield* verifyBy(replicas[0]!, question)
      yield* TestClock.adjust("900 seconds")
      yield* Effect.forEach(replicas, (verifier) => verifyBy(verifier, question), { concurrency: "unbounded" })
      yield* TestClock.adjust("1 second")
      assert.strictEqual(web.asked.length, 2)
    }))

  it.effect("a leader that has not yet received the refresh of another replica asks no origin", () =>
    Effect.gen(function*() {
      yield* start
      const web = makeWeb({ [rfc]: { json: { ...greenhouse.fingerprints, expires: 1_000 } } })
      const unheard: Changes = { announce: () => Effect.succeed(true), listen: ({ back }) => Effect.sync(back) }
      const replicas = yield* makeReplicas(
        2,
        web,
        makeFleet(),
        (shared) => Effect.flatMap(memory, (near) => makeTieredStore(near, farOver(shared), unheard))
      )
      const askAll = Effect.forEach(replicas, (verifier) => verifyBy(verifier, question))
      yield* askAll
      yield* TestClock.adjust("900 seconds")
      for (const replica of replicas) {
        yield* verifyBy(replica, question)
        yield* TestClock.adjust("1 second")
      }
      assert.strictEqual(web.asked.length, 2)
      yield* TestClock.adjust("100 seconds") // after the first fetch's lifetime
      assert.isTrue((yield* askAll).every(({ cache, valid }) => valid && cache === "memory"))
    }))

  it.effect("CAC-30: a failed refresh ahead happens once too, and evicts nothing", () =>
    Effect.gen(function*() {
      yield* start
      const web = makeWeb({ [rfc]: { json: { ...greenhouse.fingerprints, expires: 1_000 } } })
      const replicas = yield* makeReplicas(3, web, makeFleet())
      yield* verifyBy(replicas[0]!, question)
      web.set(rfc, { fault: "ConnectTimeout" })
      yield* TestClock.adjust("900 seconds")
      for (const pause of ["0 seconds", "1 second", "20 seconds"] as const) {
        yield* TestClock.adjust(pause)
        const answers = yield* Effect.forEach(replicas, (verifier) => verifyBy(verifier, question), {
          concurrency: "unbounded"
        })
        assert.isTrue(answers.every(({ cache, valid }) => valid && cache === "memory"), pause)
      }
      assert.strictEqual(web.asked.length, 2)
    }))
})
