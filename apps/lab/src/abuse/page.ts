/** Renders docs/reference/abuse.md. */
import { availableParallelism } from "node:os"
import { quantile } from "../quantile.ts"
import { deadlineMs } from "../question.ts"
import { table } from "../table.ts"
import type { AbuseOptions } from "./abuse.ts"
import { attacks } from "./attacks.ts"
import type { Outcome } from "./outcome.ts"
import type { Memory } from "./service.ts"

const columns = [
  "Attack",
  "Done",
  "Asked",
  "Wrong",
  "Undecided",
  "Refused",
  "Failed",
  "p50 / p99 / slowest, ms",
  "Health p95 / slowest, ms",
  "RSS before / peak / after, MB",
  "Heap before / peak / after, MB",
  "Crashed"
]

/** The row of an attack. */
export const toRow = (
  { after, alive, attack, before, attackResult, honestResult, peak }: Outcome
): ReadonlyArray<string> => {
  const { asked, failed, health, latencies, refused, undecided, wrong } = honestResult
  const ms = (times: ReadonlyArray<number>, ...qs: ReadonlyArray<number>) =>
    qs.map((q) => quantile(times, q).toFixed(0)).join(" / ")
  const megabytes = (of: keyof Memory) => [before, peak, after].map((memory) => memory[of].toFixed(0)).join(" / ")
  return [
    attacks[attack].title,
    `${attackResult.done} ${attacks[attack].unit}`,
    String(asked),
    String(wrong),
    String(undecided),
    String(refused),
    String(failed),
    ms(latencies, 0.5, 0.99, 1),
    ms(health, 0.95, 1),
    megabytes("rss"),
    megabytes("heap"),
    alive ? "no" : "yes"
  ]
}

export const toPage = (outcomes: ReadonlyArray<Outcome>, { rest, seconds }: AbuseOptions): string =>
  [
    "# What abuse does",
    "",
    "<!-- Written by npm run abuse. -->",
    "",
    `Each attack goes on for ${seconds} s, over loopback, from an address of its own, by a caller that has a key. Meanwhile`,
    "an honest caller, with another key and four connections, asks questions whose answers are known beforehand, with a",
    `deadline of ${
      deadlineMs / 1_000
    } s. Asked, wrong, undecided (\`indeterminate\`), refused (429 or 503), failed (no answer, or another`,
    "status) and the times are the honest caller's; \"health\" is how long `/health/live` takes meanwhile, asked 25 ms after",
    "its last answer. The first attacks are on one service with default limits, one after the other; those under \"What the",
    "domains saw\" have a service of their own, and go on until they do what harm they can before the honest caller begins.",
    `Attackers, honest caller, origins and service share a machine with ${availableParallelism()} cores, which is full then; memory is`,
    `that of the service, "after" is ${rest} s later.`,
    "",
    table(columns, outcomes.map(toRow)),
    "",
    "## What the domains saw",
    "",
    ...outcomes.flatMap(({ attack, bounds, checkResult }) => {
      if (bounds === undefined) return []
      const figures = [`RSS at most ${bounds.rss} MB`, `95 of 100 health checks within ${bounds.health} ms`]
      return [`- ${attacks[attack].title}: ${[...(checkResult?.figures ?? []), ...figures].join("; ")}.`]
    }),
    "",
    "## The attacks",
    "",
    ...Object.entries(attacks).map(([name, { description, title }]) => `- ${title} (\`${name}\`): ${description}.`),
    ""
  ].join("\n")
