/**
 * An outage on the command line: `what:from:to`, in minutes after the warm-up, and what it takes besides.
 */
import { minute, type Outage } from "./Scenario.ts"

/** `origins:30:60:0.5`, `provider:30:60:0`, `redis:30:60`, `redis:30:60:lost`, `restart:30:35`. Throws for others. */
export const parseOutage = (text: string): Outage => {
  const [what, first, second, more] = text.split(":")
  const span = { from: Number(first) * minute, to: Number(second) * minute }
  if (span.to > span.from) {
    if (what === "origins") return { what, ...span, share: Number(more ?? 1) }
    if (what === "provider") return { what, ...span, provider: Number(more ?? 0) }
    if (what === "redis") return { what, ...span, losesData: more === "lost" }
    if (what === "restart") return { what, ...span }
  }
  throw new Error(
    `no such outage: ${text}; there are origins:30:60:0.5, provider:30:60:0, redis:30:60:lost, restart:30:35`
  )
}
