/**
 * What fails, and when.
 */
import type { SimulatedFleet } from "./fleet/SimulatedFleet.ts"
import type { Outage, Scenario } from "./Scenario.ts"
import type { VirtualTime } from "./time/VirtualTime.ts"
import { chance } from "./world/chance.ts"
import { hostOf } from "./world/names.ts"
import type { World } from "./world/World.ts"

export interface Outages {
  /** Does the host accept no connection now? */
  readonly isDown: (host: string) => boolean
  /** The outage in which an instant lies, if any. */
  readonly at: (now: number) => Outage | undefined
  /** What is reported, in spans in which no outage begins or ends. */
  readonly spans: ReadonlyArray<readonly [from: number, to: number]>
}

/** `start`: when what is reported begins. */
export const makeOutages = (
  { durationMs, outages }: Scenario,
  world: World,
  time: VirtualTime,
  start: number
): Outages => {
  const isAt = (now: number) => ({ from, to }: Outage) => now >= start + from && now < start + to
  const origins = outages.filter(({ what }) => what === "origins" || what === "provider")
  return {
    isDown: (name) => {
      const host = hostOf(name)
      if (host._tag === "Domain" && world.kindOf(host.domain) === "unreachable") return true
      return origins.some((outage) => isAt(time.now())(outage) && concerns(outage, host))
    },
    at: (now) => outages.find(isAt(now)),
    spans: toSpans([0, ...outages.flatMap(({ from, to }) => [from, to]), durationMs], durationMs)
      .map(([from, to]) => [start + from, start + to])
  }
}

const toSpans = (marks: ReadonlyArray<number>, end: number): ReadonlyArray<readonly [from: number, to: number]> => {
  const sorted = marks.map((mark) => Math.min(mark, end)).sort((left, right) => left - right)
  return sorted.slice(1).map((to, index) => [sorted[index] ?? 0, to] as const)
}

const concerns = (outage: Outage, host: ReturnType<typeof hostOf>): boolean => {
  if (outage.what === "provider") return host._tag === "Provider" && host.provider === outage.provider
  if (outage.what !== "origins") return false
  return host._tag === "Domain" ? chance(host.domain, 6) < outage.share : chance(-1 - host.provider, 6) < outage.share
}

/** Lets Redis fail, and replicas restart. */
export const scheduleOutages = (
  { outages }: Scenario,
  fleet: SimulatedFleet,
  time: VirtualTime,
  start: number
): void => {
  for (const outage of outages) {
    const { from, to, what } = outage
    if (what === "redis") {
      time.at(start + from, () => fleet.redis?.fail())
      time.at(start + to, () => fleet.redis?.recover(outage.losesData))
    }
    if (what === "restart") {
      const count = fleet.replicas().length
      fleet.replicas().forEach((_, index) =>
        time.at(start + from + (to - from) * index / count, () => fleet.restart(index))
      )
    }
  }
}
