/** Ports for servers that restart: no other socket may take the port in between. */
import { Effect } from "effect"
import { randomInt } from "node:crypto"
import { createServer } from "node:net"
import { listen } from "../listen.ts"

/**
 * Below the ephemeral ports (32768 and up on Linux): an outgoing connection must not get the port of a killed server,
 * and could even connect to itself. The bus port of a cluster, 10000 higher, is below as well.
 */
const FIRST = 10_000
const END = 22_000

/** Offset of the cluster bus port. */
const BUS = 10_000

/** Attempts before giving up: then loopback itself is missing. */
const ATTEMPTS = 100

/** A port that is free now, and its bus port too. Another process may take it first: then the caller retries. */
export const freePort: Effect.Effect<number> = Effect.suspend(() => pick(ATTEMPTS))

const pick = (attempts: number): Effect.Effect<number> => {
  const port = randomInt(FIRST, END)
  const probe = (number: number) => listen(createServer(), { port: number })
  return Effect.scoped(Effect.andThen(probe(port + BUS), probe(port))).pipe(
    Effect.catchDefect((defect) => attempts > 1 ? Effect.suspend(() => pick(attempts - 1)) : Effect.die(defect))
  )
}
