/**
 * `npm run bench [-- name … option …]`: every measurement beside its baseline in the same run. Ratios count; absolute figures
 * are this machine's at this moment.
 */
import { Effect } from "effect"
import { makeBench } from "./Bench.ts"
import { describeMachine } from "./machine/describe.ts"
import { raisePriority } from "./machine/priority.ts"
import { measurements } from "./measurements/index.ts"
import { parseOptions, usage } from "./options.ts"
import { write } from "./page/write.ts"
import { figureLine, tableLines } from "./print.ts"

const args = process.argv.slice(2)

const refuse = (message: string): never => {
  console.error(`${message}\n${usage}\nnames: ${Object.keys(measurements).join(", ")}`)
  process.exit(args.includes("--help") ? 0 : 1)
}

const parsed = args.includes("--help") ? "Measures the service." : parseOptions(args)
const options = typeof parsed === "string" ? refuse(parsed) : parsed
const unknown = options.names.filter((name) => !Object.hasOwn(measurements, name))
if (unknown.length > 0) refuse(`no such measurement: ${unknown.join(", ")}`)
if (options.priority) raisePriority()

const print = (lines: ReadonlyArray<string>) => console.log(lines.join("\n"))

await Effect.runPromise(Effect.scoped(Effect.gen(function*() {
  const bench = yield* makeBench(options, (table) => print(tableLines(table)))
  const chosen = Object.entries(measurements).filter(([name]) =>
    options.names.length === 0 || options.names.includes(name)
  )
  for (const [name, { run, title }] of chosen) {
    print(["", `# ${name}: ${title}`])
    const started = performance.now()
    const outcome = yield* Effect.promise(() => run(bench))
    print(["", ...outcome.figures.map(figureLine), `(${((performance.now() - started) / 1_000).toFixed(0)} s)`])
    if (!options.write) continue
    // At once, so that a run that is ended keeps what it has.
    const entry = { date: new Date().toISOString().slice(0, 10), machine: describeMachine(options.effort), outcome }
    yield* Effect.promise(() => write(measurements, { [name]: entry }))
  }
})))
