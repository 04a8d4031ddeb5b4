/** Where the hostile origins of the other process are. */
import { Effect, type Scope } from "effect"
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"

export interface Place {
  readonly caPem: string
  readonly connectTo: string
}

/** A domain named after what its web server does. */
export const domainOf = (name: string): string =>
  `${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-|-$/g, "").slice(0, 60)}.posh-world.net`

export const startOrigins: Effect.Effect<Place, never, Scope.Scope> = Effect.gen(function*() {
  const script = fileURLToPath(new URL("originProcess.ts", import.meta.url))
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => spawn(process.execPath, [script], { stdio: ["pipe", "pipe", "ignore"] })),
    (running) => Effect.sync(() => running.stdin.end())
  )
  return yield* Effect.callback<Place>((resume) => {
    createInterface(child.stdout).once("line", (line) => resume(Effect.sync(() => JSON.parse(line))))
    child.once("exit", (code) => resume(Effect.die(`the origins ended with ${code}`)))
  })
})
