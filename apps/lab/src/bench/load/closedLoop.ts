/** Each connection sends its next request after the answer to the last one: as much as the server can do. */
import { openConnection } from "./Connection.ts"
import { Latencies } from "./Latencies.ts"
import type { LoadOptions, LoadResult } from "./Load.ts"
import { makeChoice, makeRandom } from "./random.ts"
import { readRequests } from "./requests.ts"
import { stayAwake } from "./stayAwake.ts"

export const closedLoop = async (options: LoadOptions): Promise<LoadResult> => {
  const choose = makeChoice(readRequests(options.requests), options, makeRandom(options.seed))
  const latencies = new Latencies()
  let wrong = 0
  const sleep = stayAwake()
  const started = performance.now()
  const end = started + options.seconds * 1_000
  const run = () =>
    new Promise<void>((resolve, reject) => {
      void openConnection(options.port, options.expect, reject).then(({ ask, close }) => {
        const next = () => {
          const request = choose()
          if (request === undefined) return finish()
          const sentAt = performance.now()
          ask(request, (isRight) => {
            const now = performance.now()
            latencies.add(now - sentAt)
            if (!isRight) wrong += 1
            if (now < end) next()
            else finish()
          })
        }
        const finish = () => {
          close()
          resolve()
        }
        next()
      })
    })
  try {
    await Promise.all(Array.from({ length: options.connections }, run))
  } finally {
    sleep()
  }
  return { ...latencies.result(), wrong, seconds: (performance.now() - started) / 1_000 }
}
