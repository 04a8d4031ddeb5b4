/** All attacks, by the name that `npm run abuse -- name` takes. */
import type { Attack } from "./Attack.ts"
import { batchPath } from "./attacks/batchPath.ts"
import { bigAnswers } from "./attacks/bigAnswers.ts"
import { malformed, oversized } from "./attacks/bodies.ts"
import { chainChecks } from "./attacks/chainChecks.ts"
import { hostileDocuments } from "./attacks/hostileDocuments.ts"
import { madeUpNames, wildcardNames } from "./attacks/madeUpNames.ts"
import { manyNames } from "./attacks/manyNames.ts"
import { maxAgeStorm } from "./attacks/maxAgeStorm.ts"
import { batches, domains, keys, neverReading } from "./attacks/questions.ts"
import { siteBudget } from "./attacks/siteBudget.ts"
import { headers, idle, pipelining, slowLoris } from "./attacks/sockets.ts"
import { wrongCertificates } from "./attacks/wrongCertificates.ts"

const all = {
  "slow-loris": slowLoris,
  "oversized": oversized,
  "malformed": malformed,
  "headers": headers,
  "pipelining": pipelining,
  "idle": idle,
  "never-reading": neverReading,
  "domains": domains,
  "batches": batches,
  "keys": keys,
  "site-budget": siteBudget,
  "made-up-names": madeUpNames,
  "wildcard-names": wildcardNames,
  "hostile-documents": hostileDocuments,
  "many-names": manyNames,
  "chain-checks": chainChecks,
  "max-age-storm": maxAgeStorm,
  "wrong-certificates": wrongCertificates,
  "big-answers": bigAnswers,
  "batch-path": batchPath
} as const satisfies Record<string, Attack>

export type AttackName = keyof typeof all

export const attacks: Readonly<Record<AttackName, Attack>> = all
