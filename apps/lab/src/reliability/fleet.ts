/** Starts two replicas of the service, as separate processes, with one Redis. */
import { Effect, type Scope } from "effect"
import type { Running } from "../process.ts"
import { environmentIn, makeFolder, startService } from "../service.ts"
import { request } from "./request.ts"
import type { World } from "./world.ts"

export interface Fleet {
  readonly ports: ReadonlyArray<number>
}

const replicas = 2

/** The environment of all replicas of a world. Its files are removed when the scope closes. */
export const environment = (
  { origins }: World,
  env: Readonly<Record<string, string>>
): Effect.Effect<Record<string, string>, never, Scope.Scope> =>
  Effect.map(makeFolder, (folder) => ({
    ...environmentIn(folder, origins),
    POSH_CACHE_SECRET: "a secret of the whole fleet that is long enough",
    ...env
  }))

export const startReplica = (env: Record<string, string>): Effect.Effect<Running, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(() => startService(env)),
    ({ stop }) => Effect.promise(stop)
  )

export const startFleet = (
  world: World,
  env: Readonly<Record<string, string>>
): Effect.Effect<Fleet, never, Scope.Scope> =>
  Effect.gen(function*() {
    const replica = startReplica(yield* environment(world, env))
    const running = yield* Effect.all(Array.from({ length: replicas }, () => replica), { concurrency: "unbounded" })
    return { ports: running.map(({ port }) => port) }
  })

/** The state that the replica reports, such as `ready` or `degraded`. */
export const readiness = (port: number): Effect.Effect<string> =>
  Effect.map(
    request(port, "GET", "/health/ready"),
    ({ body, status }) => status === 200 ? String(JSON.parse(body).status) : `status ${status}`
  )

export const purge = (port: number, domain: string): Effect.Effect<void> =>
  Effect.map(request(port, "DELETE", `/v1/associations/${domain}/xmpp-server`), ({ status }) => {
    // 202: the purge is pending in Redis.
    if (status !== 204 && status !== 202) throw new Error(`a purge was answered with ${status}`)
  })
