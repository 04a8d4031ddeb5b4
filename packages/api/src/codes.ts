/**
 * The closed sets of the contract: verdicts and their codes (requirements §8). The server's tests compare them with the
 * core's table, because this package imports nothing of it.
 */
import { Schema } from "effect"
import { failureCodes, verdictKinds } from "./codeLists.ts"

export { failureCodes, verdictKinds }

/** `verdict` of an answer. */
export const VerdictKind = Schema.Literals(verdictKinds).annotate({
  identifier: "VerdictKind",
  title: "Verdict",
  description: [
    "The outcome of the question. Only `verified` means that the domain vouches for the certificate.",
    "- `verified`: the domain vouches for this certificate; proceed.",
    "- `mismatch`: the domain vouches for other certificates; reject.",
    "- `no-material`: the domain publishes nothing; fall back to other methods.",
    "- `unusable-material`: the domain publishes something that cannot be used; reject unless another method verifies.",
    "- `certificate-invalid`: the certificate itself is unacceptable, whatever the domain publishes; reject.",
    "- `indeterminate`: the service could not determine it; do not accept on this answer, retry later."
  ].join("\n"),
  examples: ["verified"]
})
export type VerdictKind = typeof VerdictKind.Type

/** The verdict alone, as plain text. */
export const VerdictWord = Schema.Literals(verdictKinds).annotate({
  identifier: "VerdictWord",
  description: "The verdict as one word, and a line feed."
})

/** Why a verdict is not `verified`. */
export const FailureCode = Schema.Literals(failureCodes).annotate({
  identifier: "FailureCode",
  title: "Failure code",
  description:
    "The reason why the verdict is not `verified`. The set is closed; a new code is a new version of this API."
})
export type FailureCode = typeof FailureCode.Type

/** `code` of an answer. */
export const AnswerCode = Schema.Literals(["Verified", ...failureCodes]).annotate({
  identifier: "AnswerCode",
  title: "Code of an answer",
  description: "`Verified`, or the reason why not. The set is closed; a new code is a new version of this API.",
  examples: ["Verified"]
})
export type AnswerCode = typeof AnswerCode.Type

/** `code` of one attempt, and of an association. */
export const ResolutionCode = Schema.Literals(["Resolved", ...failureCodes]).annotate({
  identifier: "ResolutionCode",
  title: "Code of a resolution",
  description: "`Resolved`, or the reason why there is no usable material.",
  examples: ["Resolved"]
})
export type ResolutionCode = typeof ResolutionCode.Type

/** The stages of a question at which codes arise (requirements §8). */
export const stages = [
  "input",
  "dns",
  "connect",
  "tls",
  "http",
  "redirect",
  "parse",
  "material",
  "match",
  "internal"
] as const

/** `stage` of an attempt. */
export const Stage = Schema.Literals(stages).annotate({
  identifier: "Stage",
  title: "Stage",
  description: "Stage of the question at which the code arose.",
  examples: ["tls"]
})
export type Stage = typeof Stage.Type
