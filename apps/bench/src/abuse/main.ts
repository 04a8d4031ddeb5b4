/**
 * `npm run abuse [-- name …]`: hostile callers against a real service. All of them together write
 * `docs/reference/abuse.md`.
 */
import { Effect } from "effect"
import { writeFileSync } from "node:fs"
import { cpus } from "node:os"
import { makeAbuse, type Outcome, toRow } from "./abuse.ts"
import { type AttackName, attacks } from "./attacks.ts"

const names = Object.keys(attacks) as ReadonlyArray<AttackName>
const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !names.some((known) => known === name))
const chosen = asked.length === 0 ? names : names.filter((name) => asked.includes(name))
const options = { seconds: 10, scale: 1, rest: 3 }

const columns = [
  "Attack",
  "Done",
  "Asked",
  "Wrong",
  "Undecided",
  "Refused",
  "Failed",
  "p50 / p99 / slowest, ms",
  "RSS before / peak / after, MB",
  "Heap before / peak / after, MB",
  "Crashed"
]

const report = (outcomes: ReadonlyArray<Outcome>): string =>
  [
    "# What abuse does",
    "",
    "<!-- Written by npm run abuse. -->",
    "",
    `Each attack goes on for ${options.seconds} s against one service with default limits, over loopback, from an address`,
    "of its own, by a caller that has a key. Meanwhile an honest caller, with another key and four connections, asks",
    "questions whose answers are known beforehand, with a deadline of 5 s. Asked, wrong, undecided (`indeterminate`),",
    "refused (429 or 503), failed (no answer, or another status) and the times are the honest caller's. Attackers, honest",
    `caller, origins and service share a machine with ${cpus().length} cores, which is full then; memory is that of the`,
    `service, "after" is ${options.rest} s later.`,
    "",
    `| ${columns.join(" | ")} |`,
    `|${columns.map(() => "---").join("|")}|`,
    ...outcomes.map((outcome) => `| ${toRow(outcome).join(" | ")} |`),
    "",
    "## The attacks",
    "",
    ...names.map((name) => `- ${attacks[name].title}: ${attacks[name].what}.`),
    ""
  ].join("\n")

if (unknown.length > 0) {
  console.error(`no such attack: ${unknown.join(", ")}; there are ${names.join(", ")}`)
  process.exitCode = 1
} else {
  await Effect.runPromise(Effect.scoped(Effect.gen(function*() {
    const attack = yield* makeAbuse(options)
    const outcomes = yield* Effect.forEach(
      chosen,
      (name) => Effect.tap(attack(name), (outcome) => Effect.sync(() => console.log(toRow(outcome).join(" | "))))
    )
    if (chosen.length === names.length) writeFileSync("docs/reference/abuse.md", report(outcomes))
    const harmed = outcomes.filter(({ alive, honesty }) => !alive || honesty.wrong > 0 || honesty.failed > 0)
    if (harmed.length > 0) process.exitCode = 1
  })))
}
