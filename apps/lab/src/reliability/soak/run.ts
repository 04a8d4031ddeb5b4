/**
 * The soak test: one process resolves new domains over real TLS, in minutes as many as a service in hours, and its native
 * memory must stay flat. The heap would not show a leak in OpenSSL or of sockets.
 */
import { issue, rootCa } from "@posh/testing"
import { Effect } from "effect"
import { writeFileSync } from "node:fs"
import { createServer } from "node:https"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { commandOf, launch } from "../../process.ts"
import { makeFolder } from "../../service.ts"
import type { Sample } from "./slope.ts"

export interface SoakOptions {
  /** Resolutions between two samples. */
  readonly every: number
  readonly samples: number
}

/** Runs the process, and returns its samples. */
export const soak = (
  { every, samples }: SoakOptions,
  onSample: (sample: Sample) => void = () => undefined
): Promise<ReadonlyArray<Sample>> =>
  Effect.runPromise(Effect.scoped(Effect.gen(function*() {
    const { caFile, port } = yield* startOrigin
    const subject = yield* Effect.acquireRelease(
      // One arena: what several keep for later is no leak.
      Effect.sync(() => launch([...command, `${port}`, caFile, `${every}`, `${samples}`], { MALLOC_ARENA_MAX: "1" })),
      (child) => Effect.sync(() => child.kill())
    )
    return yield* Effect.promise(async () => {
      const taken: Array<Sample> = []
      for await (const line of createInterface(subject.stdout!)) {
        const sample: Sample = JSON.parse(line)
        taken.push(sample)
        onSample(sample)
      }
      return taken
    })
  })))

const command = commandOf(
  new URL("subject.ts", import.meta.url),
  "--disable-warning=ExperimentalWarning",
  "--expose-gc"
)

/** An origin for all hosts below `soak.example`. It publishes nothing, because only the connection is measured. */
const startOrigin = Effect.gen(function*() {
  const root = yield* rootCa()
  const { keyPem, pem } = yield* issue(root, { dnsNames: ["*.soak.example"] })
  const caFile = join(yield* makeFolder, "ca.pem")
  writeFileSync(caFile, root.pem)
  const server = yield* Effect.acquireRelease(
    Effect.sync(() => createServer({ cert: pem, key: keyPem }, (_request, response) => response.writeHead(404).end())),
    (open) =>
      Effect.sync(() => {
        open.close()
        open.closeAllConnections()
      })
  )
  yield* Effect.promise(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)))
  return { port: (server.address() as AddressInfo).port, caFile }
})
