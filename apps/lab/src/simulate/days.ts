/**
 * A run of several days, day by day. Pure.
 */
import type { Slice } from "./Log.ts"
import { type Report, toMegabytes } from "./report.ts"
import { day } from "./Scenario.ts"

export interface Day {
  /** Shares of all questions. */
  readonly tiers: { readonly memory: number; readonly redis: number; readonly origin: number }
  readonly perSecond: {
    /** To origins. */
    readonly requests: number
    /** To Redis. */
    readonly commands: number
    /** Messages that Redis delivers: changes and heartbeats. */
    readonly messages: number
  }
  /** In Redis, at the end of the day. */
  readonly associations: number
  readonly megabytes: number
}

type Counted = Exclude<keyof Slice, "at" | "held">

export const toDays = ({ redis: { heartbeatsPerSecond }, sample, slices }: Report): ReadonlyArray<Day> => {
  const byDay = Map.groupBy(slices, ({ at }) => Math.floor(at / day))
  return [...byDay.values()].map((slices) => {
    const sum = (what: Counted) => slices.reduce((sum, slice) => sum + slice[what], 0)
    const share = (count: number) => sample * count / sum("expected")
    const aSecond = (count: number) => count / (day / 1_000)
    const redis = share(sum("fromRedis"))
    const origin = share(sum("questions") - sum("fromMemory") - sum("fromRedis"))
    const held = slices.at(-1)?.held ?? { keys: 0, associations: 0, octets: 0 }
    return {
      // As in the report: the popular domains decide how many questions a sample has.
      tiers: { memory: 1 - redis - origin, redis, origin },
      perSecond: {
        requests: aSecond(sample * sum("requests")),
        commands: aSecond(sample * (sum("commands") - sum("idle")) + sum("idle")),
        messages: aSecond(sample * sum("messages")) + heartbeatsPerSecond
      },
      associations: sample * held.associations,
      megabytes: sample * toMegabytes(held)
    }
  })
}
