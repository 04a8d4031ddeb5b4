/**
 * What one proof type says of a certificate (RFC 7712 §7).
 */
import { Schema } from "effect"
import { failureCodes, verdictKinds } from "./codes.ts"
import { prooftypes } from "./Question.ts"

export const SubResult = Schema.Struct({
  prooftype: Schema.Literals(prooftypes),
  verdict: Schema.Literals([...verdictKinds, "not-applicable"]).annotate({
    description: "As if it were asked alone. `not-applicable`: it says nothing, for or against."
  }),
  code: Schema.Literals(["Verified", "NotNeeded", "NotApplicable", ...failureCodes]).annotate({
    description:
      "`NotNeeded`: another one had verified already. `NotApplicable`: the question has nothing that it could look at."
  })
}).annotate({
  identifier: "SubResult",
  title: "Sub-result",
  description: "What one proof type says of the certificate."
})
export type SubResult = typeof SubResult.Type
