/** Renders docs/reference/soak.md. */
import { availableParallelism } from "node:os"
import { table } from "../../table.ts"
import { type Sample, slopeOf } from "./slope.ts"

/** Maximum growth of native memory per resolution, in bytes: a leak of one certificate or socket exceeds it. */
export const slopeBound = 200

/** Samples that are dropped, while caches fill and the allocator grows. */
export const warmUp = 4

/** The samples after the warm-up. */
export const afterWarmUp = (samples: ReadonlyArray<Sample>): ReadonlyArray<Sample> => samples.slice(warmUp)

export const toPage = (samples: ReadonlyArray<Sample>): string =>
  `# Native memory over time

<!-- Made by \`npm run reliability -- soak\` from apps/lab/src/reliability/soak. Do not edit. -->

The bounds of the cache are watched on the heap. This is about what the heap does not show: what OpenSSL, sockets and Node.js
itself hold for each connection.

One process asks about ever new domains, each a connection of its own over real TLS and a request, with a cache of 200 entries;
16 at a time. Each sample is taken after a collection of garbage. *Native* is what is resident of the memory that
native code allocates: OpenSSL, sockets, buffers. A short form runs with \`npm test\`.

${table(["resolutions", "native, MB", "heap, MB", "external, MB", "RSS, MB"], samples.map(toRow))}

From ${afterWarmUp(samples)[0]?.resolutions} resolutions on, each left behind ${
    slopeOf(afterWarmUp(samples), ({ native }) => native).toFixed(0)
  } bytes of native memory (the line that fits best; the bound is ${slopeBound}), ${
    slopeOf(afterWarmUp(samples), ({ heap }) => heap).toFixed(0)
  } of heap, ${slopeOf(afterWarmUp(samples), ({ external }) => external).toFixed(0)} of what is external.

Measured with Node.js ${process.version} on a machine with ${availableParallelism()} cores that was busy otherwise. Slopes vary by some
tens of bytes from run to run. The service's own listener and its connections to Redis are no part of this.
`

const toRow = ({ external, heap, native, resolutions, rss }: Sample): ReadonlyArray<string> => [
  String(resolutions),
  ...[native, heap, external, rss].map((bytes) => (bytes / 1e6).toFixed(1))
]
