/** Renders docs/reference/reliability.md. */
import { availableParallelism } from "node:os"
import { deadlineMs } from "../question.ts"
import { table } from "../table.ts"
import type { Scenario } from "./Scenario.ts"
import type { Outcome, Timing } from "./Timing.ts"

/** `busy`: the load average of the machine before the run. */
export const toPage = (rows: ReadonlyArray<readonly [Scenario, Outcome]>, timing: Timing, busy: number): string =>
  `# When Redis fails

<!-- Made by \`npm run reliability\` from apps/lab/src/reliability. Do not edit. -->

Redis makes answers cheaper, and nothing else: whatever becomes of it, every verdict stays right. These are the ways in
which it was made to fail while questions came in, and what became of the answers. A short form of every one of them runs
with \`npm test\`.

## What was done

Two replicas of the service, each a process of its own, over one Redis with the default settings and a secret. Over each
of ${timing.connections} connections to each replica one question follows the other, ${timing.pauseMs} ms apart, with a deadline of
${deadlineMs / 1_000} s. The right answer to each question is known in advance:

- domains of both generations, with the certificate that they publish and with a stranger's; delegated by a reference and
  by a redirect; with no document, with one that is invalid, with one that withdraws; and one whose host refuses
  connections;
- one after the other, ${timing.coldMs} ms apart, domains that nobody has asked about, at both replicas at once;
- one after the other, ${timing.turnMs} ms apart, domains that change their certificate and are purged on one
  replica. From then on the old certificate must not verify there, and after 100 ms on the other one neither, where both
  replicas say then that they are \`ready\`. A purge that Redis cannot take may reach the other replica later: within
  ${
    timing.propagationMs / 1_000
  } s after everything is well again, and stays so. Between the change and that moment, the old certificate may still verify
  or not any more, and the new one not yet.

${timing.beforeMs / 1_000} s of this go before. Then Redis fails, for ${
    timing.duringMs / 1_000
  } s where it has to be mended. It counts as well again when both replicas
say \`ready\`, what one learns the other takes from Redis and then from its memory, and what one forgets the other forgets
within 100 ms; to see that takes some tenths of a second. After that the load goes on for ${
    (timing.propagationMs + timing.afterMs) / 1_000
  } s or more. In the end the
index by expiry agreed with the entries, in every row.

Some rows have a course of their own. Where the memory of Redis is volatile, nine of ten entries of others, fences and
flights are still there when the stranger's entries are. Where hosts fail as well, the load is about domains that were
learnt before, which verify before, during and after, and about one that is purged meanwhile, which does not verify again.
Where old entries come back, the load is about domains that never change, and one question after the other is about those
whose entries are old: none of them verifies.

## What came of it

Questions and failures are those of the whole run. The latencies, in milliseconds, are those from the moment of the
failure until everything was well again; this took as long as the last column says, in seconds, from the mending on, or
from the failure on where nothing is mended.

${table(head, rows.map(([scenario, outcome]) => toRow(scenario, outcome)))}

The machine has ${availableParallelism()} cores. Replicas, Redis, the domains' hosts and the load share them, with whatever else went on: the load average
was ${
    busy.toFixed(1)
  } before the first row began. So latencies are good for comparing rows at most; the first row is what they are
without any failure.
`

const head = [
  "Scenario",
  "What happens",
  "Questions",
  "Wrong verdicts",
  "5xx",
  "Other than 200",
  "p50",
  "p99",
  "Slowest",
  "Well again after"
]

const toRow = ({ name, what }: Scenario, outcome: Outcome): ReadonlyArray<string> => {
  const { count, p50, p99, slowest } = outcome.latencies.during
  return [
    name,
    what,
    String(outcome.questions),
    String(outcome.wrong),
    String(outcome.serverErrors),
    String(outcome.otherFailures),
    ...(count === 0 ? ["–", "–", "–"] : [p50.toFixed(1), p99.toFixed(0), slowest.toFixed(0)]),
    (outcome.recoveredMs / 1_000).toFixed(1)
  ]
}
