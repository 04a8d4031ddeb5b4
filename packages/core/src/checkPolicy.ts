/**
 * Is this a policy? Programs without types, and those that compute one, hear which option is wrong when the verifier is
 * built, and not from a library below it at the first question.
 */
import { Data, Result, Schema, SchemaIssue } from "effect"
import { hashNames } from "./association/Material.ts"
import { type AttemptLimits, type BudgetLimits, cacheLimits } from "./Limits.ts"
import type { Policy } from "./Policy.ts"
import type { ServiceRegistry } from "./question/Service.ts"
import type { TrustAnchors } from "./x509/path/TrustAnchors.ts"

/** An option of the policy cannot be used; `detail` says what is wrong with it. */
export class PolicyError extends Data.TaggedError("PolicyError")<{
  /** Its name; a part of it as in `attempt.connectMs`. */
  readonly option: string
  readonly detail: string
}> {
  override get message(): string {
    return `${this.option}: ${this.detail}`
  }
}

/** The policy itself, or its first fault. An option that is missing is one, and so is one that is unknown. */
export const checkPolicy = (policy: Policy): Result.Result<Policy, PolicyError> => {
  const decoded = decode(policy)
  if (Result.isFailure(decoded)) {
    const { message, path = [] } = format(decoded.failure.issue).issues[0] ?? { message: "is no policy" }
    return Result.fail(new PolicyError({ option: path.map(String).join(".") || "policy", detail: message }))
  }
  return Result.map(Result.all(needed(policy)), () => policy)
}

/** A proof type without what it rests on would say nothing, and the others would decide. */
const needed = ({ anchors, daneUsages, prooftypes }: Policy) =>
  ([["pkix", "anchors", anchors], ["dane", "daneUsages", daneUsages]] as const).map(([prooftype, option, value]) =>
    prooftypes.includes(prooftype) && value === undefined
      ? Result.fail(new PolicyError({ option, detail: `is missing, and prooftypes has ${prooftype}` }))
      : Result.void
  )

const number = Schema.Number.check(
  Schema.makeFilter((value: number) => value >= 0, { expected: "a number of at least 0" })
)

const attempt = Schema.Struct({
  connectMs: number,
  firstByteMs: number,
  requestMs: number,
  attemptMs: number,
  requests: number,
  redirects: number,
  headerOctets: number,
  redirectBodyOctets: number,
  urlOctets: number
}) satisfies Schema.Decoder<AttemptLimits>

const budgets = Schema.Struct({
  perSourceConcurrent: number,
  perSourcePerMinute: number,
  perHostConcurrent: number,
  perHostPerMinute: number,
  perHostLookUpsConcurrent: number,
  perHostLookUpsPerMinute: number,
  inFlight: number
}) satisfies Schema.Decoder<BudgetLimits>

const services = Schema.declare(
  (value): value is ServiceRegistry => value instanceof Map,
  { expected: "what makeServiceRegistry gives" }
)

const anchors = Schema.declare(
  (value): value is TrustAnchors => typeof value === "object" && value !== null && "named" in value,
  { expected: "what makeTrustAnchors gives" }
)

const schema = Schema.Struct({
  services,
  prooftypes: Schema.Array(Schema.Literals(["posh", "pkix", "dane"])).check(Schema.isMinLength(1)),
  poshAuthoritative: Schema.Boolean,
  anchors: Schema.optionalKey(anchors),
  fetchIntermediates: Schema.Boolean,
  daneUsages: Schema.optionalKey(Schema.ReadonlySet(Schema.Literals([0, 1, 2, 3]))),
  allowSpecialUse: Schema.Boolean,
  generations: Schema.Literals(["rfc-then-draft", "rfc-only", "draft-only"]),
  delegation: Schema.Struct({
    mode: Schema.Literals(["any", "same-site", "list"]),
    hosts: Schema.Array(Schema.String),
    ports: Schema.Array(Schema.Number)
  }),
  maxLifetimeMs: number,
  draftRevalidateMs: number,
  draftGraceMs: number,
  strictMediaTypes: Schema.Boolean,
  acceptInterim: Schema.Boolean,
  trustDraftExamples: Schema.Boolean,
  leafProfile: Schema.Literals(["report", "enforce"]),
  match: Schema.Literals(["certificate", "spki"]),
  chainSha1: Schema.Boolean,
  // POSH-MAT-02
  clockSkewMs: number.check(Schema.isLessThanOrEqualTo(cacheLimits.clockSkewMs)),
  hashes: Schema.Array(Schema.Literals(hashNames)),
  attempt,
  budgets,
  cacheEntries: number,
  cacheOctets: number
}) satisfies Schema.Decoder<Policy>

const decode = Schema.decodeUnknownResult(schema, { onExcessProperty: "error" })

const format = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) => {
    if (issue._tag === "MissingKey") return "is missing"
    if (issue._tag === "UnexpectedKey") return "there is no such option"
    return SchemaIssue.defaultLeafHook(issue)
  }
})
