/** Replicas in one process that share look-ups: a store, leads and change messages as a shared store has them, all of them faulty on demand. */
import { Deferred, Effect, Layer, Result } from "effect"
import { Fleet, type FleetShape } from "../../../src/cache/Fleet.ts"
import { defaultPolicy } from "../../../src/Policy.ts"
import { makeDane } from "../../../src/proof/dane/DaneSource.ts"
import { decodeLookup, encodeLookup } from "../../../src/proof/dane/lookupCodec.ts"
import { lookupEnd, lookupUnder } from "../../../src/proof/dane/lookupEnd.ts"
import { LookupStore, type LookupStoreShape, type LookupWrite } from "../../../src/proof/dane/LookupStore.ts"
import { type SecureAnswer, SecureResolver } from "../../../src/proof/dane/SecureResolver.ts"
import { currentStamp } from "../../../src/question/Stamp.ts"
import { parseTarget } from "../../../src/question/Target.ts"

const policy = { ...defaultPolicy, allowSpecialUse: true }
export const targetOf = (name: string) =>
  Result.getOrThrow(parseTarget({ domain: `${name}.example`, service: "xmpp-server" }, policy))
export const target = targetOf("im")

export type Answer = Pick<SecureAnswer<"SRV">, "status" | "ttl">
export const secure: Answer = { status: "secure", ttl: 300 }
export const bogus: Answer = { status: "bogus", ttl: 0 }

type Listener = Parameters<LookupStoreShape["changes"]["listen"]>[0]

/** How long an answer of DNS takes. */
export const answerMs = 20

export const makeFleetWorld = () => {
  const state = {
    answer: secure,
    answerMs,
    queries: 0,
    reads: 0,
    away: false,
    /** The store never answers. */
    hangs: false,
    /** Messages are lost. */
    deaf: false,
    fence: 0,
    values: new Map<string, { readonly text: string; readonly until: number }>(),
    fences: new Map<string, number>()
  }
  const leads = new Map<string, Deferred.Deferred<void>>()
  const listeners = new Set<Listener>()
  const losing = new Map<string, () => void>()

  const resolver = Layer.mock(SecureResolver, {
    query: (name) =>
      Effect.suspend(() => {
        state.queries += 1
        const { answer } = state
        const detail = answer.status === "bogus" ? "spoilt" : ""
        return Effect.delay(Effect.succeed({ records: [], canonicalName: name, detail, ...answer }), state.answerMs)
      })
  })

  const lead: FleetShape["lead"] = ({ text }, onLost) =>
    Effect.sync(() => {
      if (state.away) return { _tag: "Lead", over: Effect.void, permit: { fence: 0 } }
      const current = leads.get(text)
      if (current !== undefined) return { _tag: "Follow", over: Deferred.await(current) }
      const mine = Deferred.makeUnsafe<void>()
      leads.set(text, mine)
      losing.set(text, onLost)
      state.fence += 1
      state.fences.set(text, state.fence)
      const over = Effect.suspend(() => {
        if (leads.get(text) === mine) leads.delete(text)
        return Effect.asVoid(Deferred.succeed(mine, undefined))
      })
      return { _tag: "Lead", over, permit: { fence: state.fence } }
    })

  const storeOf = (self: { listener?: Listener }): LookupStoreShape => ({
    get: (key) =>
      Effect.map(state.hangs ? Effect.never : currentStamp, ({ wallMs: asOf }) => {
        state.reads += 1
        if (state.away) return { asOf, away: true }
        const found = state.values.get(key.text)
        const stored = found === undefined ? undefined : decodeLookup(found.text, key)
        const lookup = stored === undefined ? undefined : lookupUnder(stored, (found?.until ?? 0) - asOf, asOf)
        return lookup === undefined ? { asOf } : { asOf, lookup }
      }),
    put: (key, lookup, leftMs, permit) =>
      Effect.map(currentStamp, ({ wallMs }): LookupWrite => {
        if (state.away) return "away"
        if (permit?.fence !== (state.fences.get(key.text) ?? 0)) return "stale"
        if (leftMs > 0) state.values.set(key.text, { text: encodeLookup(lookup, key), until: wallMs + leftMs })
        else state.values.delete(key.text)
        return "stored"
      }),
    forget: (key) =>
      Effect.sync(() => {
        if (state.away) return { pending: ["store", "announcement"] }
        state.values.delete(key.text)
        state.fences.set(key.text, ++state.fence)
        leads.delete(key.text)
        return { pending: [] }
      }),
    inventory: () => Effect.succeed({ lookups: [], partial: true }),
    changes: {
      announce: ({ text }) =>
        Effect.sync(() => {
          if (state.away) return false
          for (const listener of state.deaf ? [] : listeners) {
            if (listener !== self.listener) listener.changed(text)
          }
          return true
        }),
      listen: (listener) =>
        Effect.sync(() => {
          self.listener = listener
          listeners.add(listener)
          listener.back()
        })
    }
  })

  const replica = Effect.gen(function*() {
    const { source } = yield* makeDane(policy)
    return source ?? (yield* Effect.die(new Error("there is a resolver")))
  })
  const makeReplica = Effect.suspend(() =>
    replica.pipe(
      Effect.provideService(LookupStore, storeOf({})),
      Effect.provideService(Fleet, { lead }),
      Effect.provide(resolver)
    )
  )

  return {
    state,
    makeReplica,
    /** The lead of the key is another's now. */
    loseLead: () => {
      state.fences.set(target.keys.tlsa.text, ++state.fence)
      losing.get(target.keys.tlsa.text)?.()
    },
    /** What the other replicas hear. */
    tell: (event: "lost" | "back") => listeners.forEach((listener) => listener[event]()),
    changed: (keyText: string) => listeners.forEach((listener) => listener.changed(keyText)),
    endOf: (name: string) => {
      const key = targetOf(name).keys.tlsa
      const stored = decodeLookup(state.values.get(key.text)?.text ?? "", key)
      return stored === undefined ? undefined : lookupEnd(stored)
    }
  }
}
