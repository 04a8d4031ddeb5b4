/**
 * Is a reference's URL one that verifiers follow?
 */
import { Result } from "effect"
import { referenceTarget, type TargetFault } from "../../fetch/Delegation.ts"
import type { HttpsTarget } from "../../fetch/Fetcher.ts"
import { defaultPolicy } from "../../Policy.ts"
import { parseDomain } from "../../question/Domain.ts"

/**
 * Checks a URL as verifiers with default settings do (POSH-RES-65, POSH-RES-82), except that reserved domains pass:
 * whether a name is public is for the operator to know.
 */
export const publishableTarget = (url: string): Result.Result<HttpsTarget, TargetFault> =>
  referenceTarget(url, source, policy)

const policy = { allowSpecialUse: true, delegation: defaultPolicy.delegation }

// By default any host may be referred to from any other, so which one asks makes no difference.
const source = Result.getOrThrow(parseDomain("source.example", policy))
