/**
 * A process that changes one key, and kills itself instead of sending a certain command. Arguments: URL, `put` or
 * `forget`, the command, and which of its occurrences.
 */
import { defaultPolicy } from "@posh/core"
import { Effect, Result } from "effect"
import { makeRedisClient, type RedisClient } from "../../src/redis/Client.ts"
import { makeFaultLog } from "../../src/redis/FaultLog.ts"
import { makeRedisStore } from "../../src/redis/RedisStore.ts"
import { makeSeal } from "../../src/redis/seal.ts"
import { parseServers } from "../../src/redis/Servers.ts"
import { association, keyOf } from "./things.ts"

const [url = "", change, fatal, occurrence = "1"] = process.argv.slice(2)
const left = { times: Number(occurrence) }

const dying = (client: RedisClient): RedisClient => ({
  ...client,
  send: (command, ...args) =>
    Effect.suspend(() => {
      if (command === fatal && (left.times -= 1) === 0) process.kill(process.pid, "SIGKILL")
      return client.send(command, ...args)
    })
})

const key = keyOf("orchard")
const program = Effect.gen(function*() {
  const servers = Result.getOrThrow(parseServers(url))
  const client = yield* makeRedisClient({ servers, mode: "standalone", timeoutMs: 1_000 })
  const faults = yield* makeFaultLog
  const store = yield* makeRedisStore({
    client: dying(client),
    prefix: "posh:",
    seal: makeSeal(undefined),
    faults,
    policy: defaultPolicy
  })
  yield* change === "put" ? store.putAssociation(key, association(key)) : store.forget(key)
})

Effect.runPromise(Effect.scoped(program)).then(() => process.exit(0), () => process.exit(1))
