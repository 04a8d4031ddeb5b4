/**
 * Runs as a separate process: connects repeatedly, and prints the growth of native memory in bytes per connection.
 * Arguments: port and CA file of the server, number of connections.
 */
import { Effect, Result } from "effect"
import { readFileSync } from "node:fs"
import { ResolutionObserver } from "../../src/cache/ResolutionObserver.ts"
import { dial } from "../../src/node/Dial.ts"
import { makeTrustStore } from "../../src/node/TrustStore.ts"
import type { Domain } from "../../src/question/Domain.ts"

const [port, caFile = "", connections] = process.argv.slice(2)
const { usual: trust } = Result.getOrThrow(makeTrustStore(readFileSync(caFile, "utf8")))

const connect = Effect.flatMap(ResolutionObserver, (observer) =>
  dial({
    endpoint: { addresses: ["127.0.0.1"], port: Number(port) },
    host: "im.example.net" as Domain,
    trust,
    pins: undefined,
    connectMs: 10_000,
    peer: {},
    observer
  })).pipe(Effect.scoped)

const connectMany = (times: number) =>
  Effect.forEach(Array.from({ length: times }), () => connect, { concurrency: 8, discard: true })

// proc(5): with one arena, memory that glibc allocated and did not free is resident in this mapping.
const native = Effect.delay(
  Effect.sync(() => {
    const [, mapping = ""] = readFileSync("/proc/self/smaps", "utf8").split("[heap]\n")
    return Number(/^Rss: +(\d+) kB$/m.exec(mapping)?.[1]) * 1_024
  }),
  200 // destroyed sockets are freed by then
)

const growth = Effect.gen(function*() {
  yield* connectMany(1_000) // warm-up: one-time allocations, and memory that the allocator keeps
  const before = yield* native
  yield* connectMany(Number(connections))
  return ((yield* native) - before) / Number(connections)
})

console.log(await Effect.runPromise(growth))
