/**
 * The name that the ordinary check compares with.
 */
import { Result } from "effect"
import { expectedDomain } from "../prepare.ts"

/**
 * A-labels, as they stand in certificates; `undefined` if it is no domain. Node.js would take a domain out of other text: its
 * check of `hosted.example/x` accepts `hosted.example`.
 */
export const ordinaryName = (domain: string): string | undefined => Result.getOrUndefined(expectedDomain(domain))
