/**
 * The process under test, started by `run.ts`: resolves new domains over real TLS with a small cache, and prints a memory
 * sample on stdout, each after a garbage collection. Arguments: port and CA file of the origin, number of resolutions
 * between two samples, number of samples.
 */
import { defaultPolicy, Verifier } from "@posh/core"
import { HttpsFetcher, parseConnectTo } from "@posh/core/node"
import { Effect, Layer, Result } from "effect"
import { readFileSync } from "node:fs"
import type { Sample } from "./slope.ts"

declare const gc: () => void

const [port, caFile = "", every, samples] = process.argv.slice(2)

const unbounded = 1e9
const verifier = Verifier.layer({
  ...defaultPolicy,
  allowSpecialUse: true,
  // Small, so that it is full and evicts before the first sample.
  cacheEntries: 200,
  // All domains are below one site, whose budgets would apply.
  budgets: {
    ...defaultPolicy.budgets,
    perHostConcurrent: unbounded,
    perHostPerMinute: unbounded,
    perHostLookUpsConcurrent: unbounded,
    perHostLookUpsPerMinute: unbounded
  }
}).pipe(
  Layer.provide(HttpsFetcher.layer({
    userAgent: "posh-soak",
    extraCa: readFileSync(caFile, "utf8"),
    connectTo: Result.getOrThrow(parseConnectTo(`:=127.0.0.1:${port}`))
  }))
)

const sampleAfter = (resolutions: number): Sample => {
  for (let times = 0; times < 3; times += 1) gc()
  const { external, heapUsed, rss } = process.memoryUsage()
  return { resolutions, native: nativeBytes(), heap: heapUsed, external, rss }
}

// proc(5): with one arena, all allocations of glibc are in this mapping.
const nativeBytes = (): number => {
  const [, mapping = ""] = readFileSync("/proc/self/smaps", "utf8").split("[heap]\n")
  return Number(/^Rss: +(\d+) kB$/m.exec(mapping)?.[1]) * 1_024
}

const fingerprint = { "sha-256": Buffer.alloc(32).toString("base64") }

const soak = Effect.gen(function*() {
  const { prepare, verify } = yield* Verifier
  for (let sample = 1; sample <= Number(samples); sample += 1) {
    const from = (sample - 1) * Number(every)
    yield* Effect.forEach(
      Array.from({ length: Number(every) }, (_, index) => `d${from + index}.soak.example`),
      (domain) =>
        Effect.flatMap(
          Effect.fromResult(
            prepare({ domain, service: "xmpp-server", fingerprint, generations: "rfc-only", deadlineMs: 30_000 })
          ),
          verify
        ),
      { concurrency: 16, discard: true }
    )
    // Destroyed sockets are freed one turn of the event loop later.
    yield* Effect.sleep(100)
    console.log(JSON.stringify(sampleAfter(sample * Number(every))))
  }
})

await Effect.runPromise(Effect.provide(soak, verifier))
