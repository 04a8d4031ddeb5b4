/**
 * `npm run abuse [-- name …]`: runs the attacks against a real service. Without names, and if there was no fault, it writes
 * `docs/reference/abuse.md`.
 */
import { Effect } from "effect"
import { writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { choose } from "../choice.ts"
import { type AbuseOptions, makeAbuse } from "./abuse.ts"
import { type AttackName, attacks } from "./attacks.ts"
import { faultsOf, type Outcome } from "./outcome.ts"
import { toPage, toRow } from "./page.ts"

const page = fileURLToPath(new URL("../../../../docs/reference/abuse.md", import.meta.url))

const { isNamed, names } = choose("attack", Object.keys(attacks) as ReadonlyArray<AttackName>)
const options: AbuseOptions = { seconds: 10, scale: 1, patience: 30, rest: 3 }

const print = (outcome: Outcome) => {
  console.log(`${outcome.attack}: ${toRow(outcome).join(" | ")}, under way after ${outcome.leadSeconds.toFixed(1)} s`)
  for (const figure of outcome.checkResult?.figures ?? []) console.log(`  ${figure}`)
  for (const fault of faultsOf(outcome)) console.error(`  FAULT: ${fault}`)
}

const outcomes = await Effect.runPromise(Effect.scoped(Effect.gen(function*() {
  const attack = yield* makeAbuse(options)
  return yield* Effect.forEach(
    names,
    (name) => Effect.tap(attack(name), (outcome) => Effect.sync(() => print(outcome)))
  )
})))
if (outcomes.some((outcome) => faultsOf(outcome).length > 0)) process.exitCode = 1
else if (!isNamed) writeFileSync(page, toPage(outcomes, options))
