/** Clients that take all connections of Redis, as a client without a limit would. */
import type { RedisServer } from "@posh/testing"
import { Effect, type Scope } from "effect"
import { connect, type Socket } from "node:net"

const maxclients = 10
const strangers = 30
/** Milliseconds until a refused client retries. */
const againMs = 10

export const exhaustConnections = (
  redis: RedisServer,
  cutAll: (redis: RedisServer) => Effect.Effect<unknown, unknown>
): Effect.Effect<{ readonly begin: Effect.Effect<void>; readonly end: Effect.Effect<void> }, never, Scope.Scope> =>
  Effect.gen(function*() {
    const state = { active: false }
    const sockets = new Set<Socket>()
    const dial = () => {
      if (!state.active) return
      const socket = connect(redis.port, "127.0.0.1")
      sockets.add(socket)
      socket.on("error", () => undefined).resume().on("close", () => {
        sockets.delete(socket)
        setTimeout(dial, againMs)
      })
    }
    const end = Effect.sync(() => {
      state.active = false
      for (const socket of sockets) socket.destroy()
    })
    yield* Effect.addFinalizer(() => end)
    return {
      begin: Effect.gen(function*() {
        state.active = true
        yield* redis.command("CONFIG", "SET", "maxclients", String(maxclients))
        yield* cutAll(redis)
        for (let index = 0; index < strangers; index += 1) dial()
      }).pipe(Effect.orDie),
      end
    }
  })
