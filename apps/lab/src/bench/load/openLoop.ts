/**
 * Requests arrive at a rate, whether or not the server keeps up, as those of independent callers do. A request that finds no
 * free connection waits, and its time counts from its arrival.
 */
import { type Connection, openConnection } from "./Connection.ts"
import { Latencies } from "./Latencies.ts"
import type { LoadOptions, LoadResult } from "./Load.ts"
import { makeChoice, makeRandom } from "./random.ts"
import { readRequests } from "./requests.ts"

/** For the answers that are missing at the end. */
const patienceMs = 10_000

export const openLoop = async (options: LoadOptions & { readonly rate: number }): Promise<LoadResult> => {
  const random = makeRandom(options.seed)
  const choose = makeChoice(readRequests(options.requests), {}, random)
  const latencies = new Latencies()
  let wrong = 0
  await new Promise<void>((resolve, reject) => {
    const opening = Array.from(
      { length: options.connections },
      () => openConnection(options.port, options.expect, reject)
    )
    void Promise.all(opening).then((all) => {
      const idle = [...all]
      const arrived: Array<number> = []
      let served = 0
      const started = performance.now()
      const end = started + options.seconds * 1_000
      let next = started
      const ask = (connection: Connection, arrivedAt: number) =>
        connection.ask(choose()!, (isRight) => {
          latencies.add(performance.now() - arrivedAt)
          if (!isRight) wrong += 1
          idle.push(connection)
        })
      const turn = () => {
        const now = performance.now()
        for (; next <= now && next < end; next -= Math.log(1 - random()) * 1_000 / options.rate) arrived.push(next)
        for (; served < arrived.length && idle.length > 0; served += 1) ask(idle.pop()!, arrived[served]!)
        const isOver = now >= end && served === arrived.length && idle.length === all.length
        if (!isOver && now < end + patienceMs) return void setImmediate(turn)
        for (const { close } of all) close()
        wrong += arrived.length - served + all.length - idle.length
        resolve()
      }
      turn()
    })
  })
  return { ...latencies.result(), wrong, seconds: options.seconds }
}
