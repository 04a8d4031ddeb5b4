/**
 * `npm run bench:prosody`: what the Prosody module adds to a stream, between two Prosody servers and a service on this machine. Nine
 * rounds, in each of which the streams are opened without the module, with an answer in its memory, and with one from the service.
 */
import { Effect } from "effect"
import { type Cost, type Costs, measureRound } from "../apps/server/test/prosody/cost.ts"
import { makeWorld } from "../apps/server/test/prosody/world.ts"

const domain = "warm.example"
const rounds = 9
const pings = 20

const spread = (values: ReadonlyArray<number>): string => {
  const sorted = values.toSorted((a, b) => a - b)
  const [median, least, most] = [sorted[sorted.length >> 1], sorted[0], sorted.at(-1)].map((value) =>
    (value ?? 0).toFixed(2)
  )
  return `${median} (${least} to ${most})`
}

const program = Effect.gen(function*() {
  const world = yield* makeWorld([{ name: domain, presents: "own" }], {})
  const measured: Array<Costs> = []
  for (let round = 0; round < rounds; round += 1) measured.push(yield* measureRound(world, domain, pings))
  const row = (what: string, of: (costs: Costs) => Cost) =>
    console.log(
      `${what}: ${spread(measured.map((costs) => of(costs).ms))} ms, CPU ${
        spread(measured.map((costs) => of(costs).cpuMs))
      } ms`
    )
  const over = (costs: Costs, cost: Cost) => ({
    ms: cost.ms - costs.without.ms,
    cpuMs: cost.cpuMs - costs.without.cpuMs
  })
  console.log(`A stream, medians of ${rounds} rounds of ${2 * pings} streams, with the least and the most:`)
  row("without the module", (costs) => costs.without)
  row("added, answer in the memory of the module", (costs) => over(costs, costs.memory))
  row("added, answer in the memory of the service, asked over TLS", (costs) => over(costs, costs.service))
})

await Effect.runPromise(Effect.scoped(program))
