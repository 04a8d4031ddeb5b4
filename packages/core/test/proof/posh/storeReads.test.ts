/** How often one question reads the store: each read is a look-up in memory at least, and a round trip where it is shared. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { AssociationStore } from "../../../src/cache/store/AssociationStore.ts"
import { layerMemory } from "../../../src/cache/store/MemoryStore.ts"
import { Verifier } from "../../../src/Verifier.ts"
import { verify } from "../../asking.ts"
import { makeWeb, testPolicy } from "../../fakeFetcher.ts"
import { fingerprints, question, rfc, start } from "../../greenhouse.ts"

const countReads = (reads: Array<string>) =>
  Layer.effect(
    AssociationStore,
    Effect.map(AssociationStore, (store) => ({
      ...store,
      recall: (...args: Parameters<typeof store.recall>) => {
        reads.push("recall")
        return store.recall(...args)
      },
      get: (...args: Parameters<typeof store.get>) => {
        reads.push("get")
        return store.get(...args)
      },
      getShared: (...args: Parameters<typeof store.getShared>) => {
        reads.push("getShared")
        return store.getShared(...args)
      }
    }))
  ).pipe(Layer.provide(layerMemory({ entries: 10, octets: 1e6 })))

describe("reads of the store", () => {
  it.effect("of a cold question: for recall, for the resolver, and for the flight; of a warm one: for recall", () => {
    const web = makeWeb({ [rfc]: { json: fingerprints(3_600) } })
    const reads: Array<string> = []
    return Effect.gen(function*() {
      yield* start
      yield* verify(question)
      assert.deepStrictEqual(reads.splice(0), ["recall", "get", "getShared"])
      yield* verify(question)
      assert.deepStrictEqual(reads, ["recall"])
    }).pipe(Effect.provide(
      Verifier.layerNoDeps(testPolicy).pipe(Layer.provide(Layer.mergeAll(web.layer, countReads(reads))))
    ))
  })
})
