/**
 * What a domain asserts now, without a certificate in question.
 */
import { Schema } from "effect"
import { ResolutionCode } from "./codes.ts"
import { Attempt, lifetimeMembers, Material } from "./Evidence.ts"
import { Tlsa } from "./Tlsa.ts"
import { CacheStatus, Delegation, Generation, instant, Lint } from "./values.ts"

/** The body of the answer to `GET /v1/associations/{domain}/{service}`. */
export const Association = Schema.Struct({
  domain: Schema.String.annotate({ description: "Canonical form (A-labels)." }),
  service: Schema.String.annotate({ description: "The registered key." }),
  state: Schema.Literals(["material", "no-material", "unusable-material", "indeterminate"]).annotate({
    description: "`material`: the domain vouches for the certificates in `material`.",
    examples: ["material"]
  }),
  code: ResolutionCode,
  message: Schema.String.annotate({ description: "One sentence for a person." }),
  generation: Schema.optionalKey(Generation),
  delegation: Schema.optionalKey(Delegation),
  delegatedDomain: Schema.optionalKey(
    Schema.String.annotate({ description: "The host where the material was found." })
  ),
  material: Schema.optionalKey(Material),
  ...lifetimeMembers,
  refreshAfter: Schema.optionalKey(
    instant("Earliest time at which a new request can change something. Never in the past.")
  ),
  cache: CacheStatus,
  retryable: Schema.Boolean,
  retryAfterMs: Schema.optionalKey(
    Schema.Int.annotate({ description: "Milliseconds after which to retry, if known." })
  ),
  evidence: Schema.Struct({
    attempts: Schema.Array(Attempt).annotate({ description: "One for each generation that was resolved, in order." })
  }),
  lints: Schema.Array(Lint),
  tlsa: Schema.optionalKey(Tlsa)
}).annotate({
  identifier: "Association",
  title: "Association",
  description:
    "What a domain asserts about a service now. The status is 200 whatever that is. No other member depends on `tlsa`."
})
export type Association = typeof Association.Type
