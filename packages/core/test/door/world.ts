/**
 * Two verifiers over one far store, an origin that can be slow, and clocks that jump; with a book of when, by a clock that
 * never jumps, everything was fetched and over.
 */
import { greenhouse } from "@posh/testing"
import { Clock, Context, Effect, Layer, type Scope } from "effect"
import type { Association } from "../../src/association/Association.ts"
import type { Lifetime } from "../../src/association/Lifetime.ts"
import { AssociationStore, type CacheEntry } from "../../src/cache/store/AssociationStore.ts"
import { makeMemoryStore } from "../../src/cache/store/MemoryStore.ts"
import { type Changes, type FarStore, makeTieredStore } from "../../src/cache/store/TieredStore.ts"
import { Fetcher, FetchError } from "../../src/fetch/Fetcher.ts"
import type { Policy } from "../../src/Policy.ts"
import { makeSteadyClock, monotonicMsOf } from "../../src/question/Stamp.ts"
import type { StoreKey } from "../../src/question/StoreKey.ts"
import type { Verdict } from "../../src/verdict/Verdict.ts"
import { Verifier } from "../../src/Verifier.ts"
import { fingerprints, jwkSet, keys } from "../cache/store/stored.ts"
import { testPolicy } from "../fakeFetcher.ts"
import { rfc } from "../greenhouse.ts"

export const policy: Policy = {
  ...testPolicy,
  budgets: { ...testPolicy.budgets, perSourcePerMinute: 1e9, perHostPerMinute: 1e9 }
}

/** What the origin says from now on. Seconds and milliseconds. */
export type Publication =
  | { readonly kind: "rfc7711"; readonly expires: number; readonly age: number; readonly delayMs: number }
  | { readonly kind: "draft" | "nothing" | "fault"; readonly delayMs: number }

/** One document that was delivered; milliseconds on the clock that never jumps. */
export interface Delivery {
  readonly startedAt: number
  readonly endsAt: number
}

/** Runs over a wall clock that can be set, as that of a machine can: timers and the monotonic clock do not follow it. */
export const overJumpingWall = <A, E>(
  run: (wall: { offsetMs: number }) => Effect.Effect<A, E, Scope.Scope>
): Effect.Effect<A, E> =>
  Effect.clockWith((steady) => {
    const wall = { offsetMs: 0 }
    const wallMs = () => steady.currentTimeMillisUnsafe() + wall.offsetMs
    const clock: Clock.Clock = Object.assign(Object.create(steady), {
      currentTimeMillisUnsafe: wallMs,
      currentTimeNanosUnsafe: () => BigInt(wallMs()) * 1_000_000n,
      currentTimeMillis: Effect.sync(wallMs),
      currentTimeNanos: Effect.sync(() => BigInt(wallMs()) * 1_000_000n)
    })
    return Effect.provideService(Effect.scoped(run(wall)), Clock.Clock, clock)
  })

const day = 86_400_000

export const makeWorld = Effect.gen(function*() {
  const clock = yield* Clock.Clock
  const trueNow = () => monotonicMsOf(clock)
  const deliveries = new Map<string, Delivery>()
  const deliver = (startedAt: number, endsAt: number): string => {
    const name = `delivery-${deliveries.size}`
    deliveries.set(name, { startedAt, endsAt })
    return name
  }

  const origin = { publication: { kind: "nothing", delayMs: 0 } as Publication, requests: 0 }
  const web = Layer.succeed(
    Fetcher,
    Fetcher.of({
      get: Effect.fnUntraced(function*({ target }) {
        const { publication } = origin
        origin.requests += 1
        const [startedAt, began] = [clock.currentTimeMillisUnsafe(), trueNow()]
        if (publication.delayMs > 0) yield* Effect.sleep(publication.delayMs)
        const trace = { startedAt, endedAt: startedAt + publication.delayMs }
        if (publication.kind === "fault") return yield* new FetchError({ code: "ConnectTimeout", trace })
        const body = bodyOf(publication, target.url === rfc)
        if (body === undefined) return { status: 404, headers: [], body: new Uint8Array(), trace }
        const address = deliver(began, began + (publication.kind === "rfc7711" ? lifeOf(publication) : 7 * day))
        const headers = [
          ["content-type", "application/json"],
          ["age", publication.kind === "rfc7711" ? String(publication.age) : "0"]
        ] as const
        return {
          status: 200,
          headers,
          body: new TextEncoder().encode(JSON.stringify(body)),
          trace: { ...trace, address }
        }
      })
    })
  )

  const far = yield* makeFarStore(clock)
  const unheard: Changes = {
    announce: ({ text }) => Effect.sync(() => (far.listeners.forEach((listener) => listener(text)), true)),
    listen: ({ back, changed }) => Effect.sync(() => void (far.listeners.push(changed), back()))
  }
  const replicas = yield* Effect.forEach([0, 1], () =>
    Effect.gen(function*() {
      const store = yield* makeTieredStore(yield* makeMemoryStore({ entries: 100, octets: 1e6 }), far.store, unheard)
      const context = yield* Layer.build(
        Layer.fresh(Verifier.layerNoDeps(policy)).pipe(Layer.provide([web, Layer.succeed(AssociationStore, store)]))
      )
      return Context.get(context, Verifier)
    }))

  /** Puts into the far store what somebody wrote there long ago. */
  const plant = (generation: "rfc7711" | "draft", ageMs: number) => {
    const fetchedAt = clock.currentTimeMillisUnsafe() - ageMs
    const isDraft = generation === "draft"
    const life = isDraft ? 7 * day : day
    const lifetime: Lifetime = {
      fetchedAt,
      revalidateAt: fetchedAt + day,
      graceUntil: fetchedAt + life,
      expiresAt: isDraft ? greenhouseEnd : fetchedAt + life
    }
    const address = deliver(trueNow() - ageMs, trueNow() - ageMs + life)
    const hops = [{ url: rfc, address, startedAt: fetchedAt, endedAt: fetchedAt }]
    far.entries.set(keys[generation].text, { ...(isDraft ? jwkSet : fingerprints), hops, lifetime })
  }

  const deliveryOf = ({ basis }: Verdict): Delivery | undefined =>
    basis === undefined ? undefined : deliveries.get(basis.hops.at(-1)?.address ?? "")

  return { deliveryOf, far, origin, plant, replicas, trueNow }
})

const greenhouseEnd = Date.parse("2036-06-05T00:00:00Z")
const lifeOf = ({ age, expires }: { readonly age: number; readonly expires: number }) => (expires - age) * 1_000

const bodyOf = (publication: Publication, isRfc: boolean): object | undefined =>
  publication.kind === "rfc7711" && isRfc
    ? { ...greenhouse.fingerprints, expires: publication.expires }
    : publication.kind === "draft" && !isRfc
    ? greenhouse.jwkSet
    : undefined

/** As a shared store judges: by dates alone, on a clock that does not go back. It can be away, and slow. */
const makeFarStore = (clock: Clock.Clock) =>
  Effect.map(makeMemoryStore({ entries: 100, octets: 1e6 }), (memory) => {
    const now = makeSteadyClock(clock)
    const entries = new Map<string, Association>()
    const listeners: Array<(keyText: string) => void> = []
    const state = { away: false, delayMs: 0 }
    const get = (key: StoreKey): Effect.Effect<CacheEntry> =>
      Effect.gen(function*() {
        if (state.delayMs > 0) yield* Effect.sleep(state.delayMs)
        const asOf = now()
        if (state.away) return { tier: "redis", asOf, away: true }
        const { negative } = yield* memory.get(key)
        const association = entries.get(key.text)
        return {
          tier: "redis",
          asOf,
          ...(association !== undefined && asOf < association.lifetime.expiresAt ? { association } : {}),
          ...(negative === undefined ? {} : { negative })
        }
      })
    const removed = new Set<string>()
    const store: FarStore = {
      ...memory,
      era: Effect.sync(() => state.away ? undefined : "era"),
      isWritePending: () => false,
      isRemoved: ({ text }) => Effect.sync(() => state.away ? undefined : removed.has(text)),
      get,
      recall: () => undefined,
      getShared: get,
      putAssociation: (key, association) => Effect.sync(() => state.away || (entries.set(key.text, association), true)),
      withdraw: (key, ...rest) =>
        state.away
          ? Effect.succeed(true)
          : Effect.tap(memory.putNegative(key, ...rest), () =>
            Effect.sync(() => {
              entries.delete(key.text)
              removed.add(key.text)
            })),
      forget: (key) => Effect.tap(memory.forget(key), () => Effect.sync(() => entries.delete(key.text)))
    }
    return { store, entries, listeners, state }
  })
