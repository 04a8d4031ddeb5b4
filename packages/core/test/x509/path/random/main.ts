/**
 * `node packages/core/test/x509/path/random/main.ts [count] [first seed]`: many random graphs and changed chains, half of each;
 * by default 100,000 of them. Prints what came of them, and fails on a defect, or where a search takes more than 50 ms.
 */
import { type Outcome, searchGraph, searchMutation } from "./search.ts"

const [count = 100_000, first = 0] = process.argv.slice(2).map(Number)
const kinds = new Map<string, number>()
const slow: Array<string> = []
const defects: Array<string> = []
const slowest = { ms: 0 }

const add = (name: string, seed: number, { defect, kind, ms }: Outcome) => {
  kinds.set(`${name}, ${kind}`, (kinds.get(`${name}, ${kind}`) ?? 0) + 1)
  if (defect !== undefined) defects.push(defect)
  if (ms > 50) slow.push(`${name} ${seed}: ${ms.toFixed(1)} ms`)
  slowest.ms = Math.max(slowest.ms, ms)
}

for (let seed = first; seed < first + count / 2; seed += 1) {
  add("graph", seed, searchGraph(seed))
  add("mutation", seed, searchMutation(seed))
}

for (const [kind, number] of [...kinds].toSorted()) console.log(`${kind}: ${number}`)
console.log(`slowest: ${slowest.ms.toFixed(1)} ms; over 50 ms: ${slow.length}; defects: ${defects.length}`)
for (const line of [...slow, ...defects].slice(0, 20)) console.error(line)
process.exitCode = defects.length + slow.length === 0 ? 0 : 1
