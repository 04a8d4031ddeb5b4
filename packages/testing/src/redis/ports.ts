/** Ports for servers that die and come back: nothing else may take the number in between. */
import { Effect } from "effect"
import { randomInt } from "node:crypto"
import { createServer } from "node:net"
import { listen } from "../listen.ts"

/**
 * Below what systems give to port 0 and to outgoing connections (32768 and up on Linux): a port of a killed server is
 * not lent to the next client, which could even connect to itself. A cluster's bus port, 10000 higher, is below as well.
 */
const FIRST = 10_000
const END = 22_000

/** What Redis adds to the port for the bus of a cluster. */
const BUS = 10_000

/** How often to look before giving up: loopback itself is missing then. */
const ATTEMPTS = 100

/** A port that is free now, on the bus too. Another process may be faster: who uses it tries again then. */
export const freePort: Effect.Effect<number> = Effect.suspend(() => pick(ATTEMPTS))

const pick = (attempts: number): Effect.Effect<number> => {
  const port = randomInt(FIRST, END)
  const probe = (number: number) => listen(createServer(), { port: number })
  return Effect.scoped(Effect.andThen(probe(port + BUS), probe(port))).pipe(
    Effect.catchDefect((defect) => attempts > 1 ? Effect.suspend(() => pick(attempts - 1)) : Effect.die(defect))
  )
}
