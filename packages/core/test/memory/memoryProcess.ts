/**
 * A process that learns from hostile documents, through everything from the response to the memory cache, and says what
 * the heap holds for each entry and what the cache counts for it. Needs `--expose-gc`.
 */
import { selfSigned } from "@posh/testing"
import { Clock, Effect, Layer } from "effect"
import { ResolutionObserver, type ResolutionObserverShape } from "../../src/cache/ResolutionObserver.ts"
import { AssociationStore } from "../../src/cache/store/AssociationStore.ts"
import { layerMemory } from "../../src/cache/store/MemoryStore.ts"
import { Fetcher, FetchError } from "../../src/fetch/Fetcher.ts"
import { defaultPolicy, type Policy } from "../../src/Policy.ts"
import { Verifier } from "../../src/Verifier.ts"
import { type Kind, makeKinds } from "./kinds.ts"

export interface Measured {
  readonly name: string
  readonly codes: ReadonlyArray<string>
  readonly entries: number
  /** Bytes: on the heap and beside it, and what the cache counts. */
  readonly held: number
  readonly counted: number
  /** Names of prototypes of which something is remembered. */
  readonly made: ReadonlyArray<string>
}

const policy: Policy = {
  ...defaultPolicy,
  allowSpecialUse: true,
  cacheEntries: 1e6,
  budgets: { ...defaultPolicy.budgets, perHostPerMinute: 1e9, perSourcePerMinute: 1e9 }
}

const serve = ({ answer }: Kind) =>
  Layer.succeed(
    Fetcher,
    Fetcher.of({
      get: Effect.fn("Fetcher.get")(function*({ target }) {
        const startedAt = yield* Clock.currentTimeMillis
        const trace = { address: "192.0.2.1", tlsLeafSha256: "x".repeat(44), startedAt, endedAt: startedAt }
        const { body, fault, headers = [], status = 200 } = answer(new URL(target.url))
        if (fault !== undefined) return yield* new FetchError({ code: fault, detail: "3000 ms", trace })
        const lines = headers.some(([name]) => name === "content-type")
          ? headers
          : [["content-type", "application/json"] as const, ...headers]
        return { status, headers: lines, body: Buffer.from(body ?? ""), trace }
      })
    })
  )

const measure = (kind: Kind) =>
  Effect.gen(function*() {
    const sizes = { bytes: () => 0 }
    const observer: Partial<ResolutionObserverShape> = { remembering: ({ bytes }) => void (sizes.bytes = bytes) }
    return yield* Effect.gen(function*() {
      const { report } = yield* Verifier
      const store = yield* AssociationStore
      const codes = new Set<string>()
      const learn = (from: number, to: number) =>
        Effect.gen(function*() {
          for (let index = from; index < to; index += 1) {
            const options = kind.generations === undefined ? {} : { generations: kind.generations }
            codes.add((yield* report(`h${index}.attacker.example`, "xmpp-server", options)).code)
          }
        })
      yield* learn(0, kind.count / 2) // what is made once
      const before = yield* settledBytes
      const counted = sizes.bytes()
      yield* learn(kind.count, 2 * kind.count)
      const after = yield* settledBytes
      const made = new Set<string>()
      const { associations } = yield* store.inventory({ limit: 100 })
      collectPrototypes(associations, made)
      return {
        name: kind.name,
        codes: [...codes],
        entries: kind.count,
        held: after - before,
        counted: sizes.bytes() - counted,
        made: [...made]
      } satisfies Measured
    }).pipe(
      Effect.provide(
        Verifier.layerNoDeps(policy).pipe(
          Layer.provideMerge(layerMemory({ entries: policy.cacheEntries, octets: policy.cacheOctets })),
          Layer.provide(serve(kind))
        )
      ),
      Effect.provideServiceEffect(
        ResolutionObserver,
        Effect.map(ResolutionObserver, (silent) => ({ ...silent, ...observer }))
      )
    )
  })

const settledBytes = Effect.gen(function*() {
  for (let round = 0; round < 4; round += 1) {
    yield* Effect.callback<void>((resume) => void setImmediate(() => resume(Effect.void)))
    globalThis.gc?.()
  }
  const { external, heapUsed } = process.memoryUsage()
  return heapUsed + external
})

const collectPrototypes = (value: unknown, made: Set<string>): void => {
  if (typeof value !== "object" || value === null) return
  made.add(Object.getPrototypeOf(value)?.constructor.name ?? "null")
  if (!(value instanceof Uint8Array)) Object.values(value).forEach((part) => collectPrototypes(part, made))
}

const main = Effect.gen(function*() {
  const leaf = yield* selfSigned({ dnsNames: ["xmpp.attacker.example"] })
  for (const kind of makeKinds(leaf)) {
    const measured = yield* measure(kind)
    yield* Effect.sync(() => process.stdout.write(`${JSON.stringify(measured)}\n`))
  }
})

void Effect.runPromise(main)
