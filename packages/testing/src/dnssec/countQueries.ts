/**
 * A relay in front of a resolver that counts what is asked, as a name server would see it from resolvers without a cache. UDP
 * alone: over it every question comes first.
 */
import { decode } from "dns-packet"
import { Effect } from "effect"
import type { Scope } from "effect"
import { createSocket } from "node:dgram"
import type { AddressInfo } from "node:net"
import { LOOPBACK } from "../listen.ts"

export interface QueryCounter {
  readonly port: number
  /** `name type` of each query, in order. */
  readonly queries: () => ReadonlyArray<string>
  readonly forget: () => void
  /** Milliseconds for which each query is held back, from now on. */
  readonly delay: (ms: number) => void
}

export const makeQueryCounter = (resolverPort: number): Effect.Effect<QueryCounter, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<QueryCounter & { readonly close: () => void }>((resume) => {
      const front = createSocket("udp4")
      const state: { queries: Array<string>; delayMs: number; isOpen: boolean } = {
        queries: [],
        delayMs: 0,
        isOpen: true
      }
      const pass = (query: Buffer, { address, port }: { readonly address: string; readonly port: number }) => {
        if (!state.isOpen) return
        const back = createSocket("udp4")
        const given = setTimeout(() => back.close(), 20_000)
        back.once("message", (answer) => {
          clearTimeout(given)
          back.close()
          if (state.isOpen) front.send(answer, port, address)
        })
        back.on("error", () => undefined)
        back.send(query, resolverPort, LOOPBACK)
      }
      front.on("message", (query, from) => {
        const [question] = decode(query).questions ?? []
        state.queries.push(`${question?.name} ${question?.type}`)
        setTimeout(pass, state.delayMs, query, from)
      })
      front.bind(0, LOOPBACK, () => {
        const { port } = front.address() as AddressInfo
        resume(Effect.succeed({
          port,
          queries: () => [...state.queries],
          forget: () => void (state.queries = []),
          delay: (ms) => void (state.delayMs = ms),
          close: () => {
            state.isOpen = false
            front.close()
          }
        }))
      })
    }),
    ({ close }) => Effect.sync(close)
  )
