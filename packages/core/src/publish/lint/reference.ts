/**
 * Checks whether verifiers follow the URL of a reference.
 */
import { Result } from "effect"
import { referenceTarget, type TargetFault } from "../../fetch/Delegation.ts"
import type { HttpsTarget } from "../../fetch/Fetcher.ts"
import { defaultPolicy } from "../../Policy.ts"
import { parseDomain } from "../../question/Domain.ts"

/**
 * Checks a URL as verifiers with default settings do (POSH-RES-65, POSH-RES-82), except that special-use domains pass,
 * because a private deployment may use them.
 */
export const publishableTarget = (url: string): Result.Result<HttpsTarget, TargetFault> =>
  referenceTarget(url, source, policy)

const policy = { allowSpecialUse: true, delegation: defaultPolicy.delegation }

// By default a reference may lead to any host, so any source domain gives the same result.
const source = Result.getOrThrow(parseDomain("source.example", policy))
