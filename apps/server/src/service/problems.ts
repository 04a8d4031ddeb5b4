/**
 * The one place where an inner failure becomes a problem of the API. Causes stay inside. Problems are values here; how one
 * is sent is the transport's.
 */
import { type Problem, problem } from "@posh/api"
import { messageCharacters, printable, type QuestionError } from "@posh/core"
import { SchemaIssue } from "effect"

/** A question that the core refused. `prefix` is the path of the question in its body. */
export const questionProblem = (error: QuestionError, prefix = ""): Problem =>
  problem(error.code, sentence(error.message), join(prefix, error.field ?? ""))

/** Input that is not what the contract says. */
export const schemaProblem = (issue: SchemaIssue.Issue, prefix = ""): Problem => {
  const [first] = format(issue).issues
  const path = (first?.path ?? []).map((segment) => typeof segment === "object" ? segment.key : segment)
  return problem("InvalidRequest", sentence(first?.message ?? ""), fieldOf(path, prefix))
}

/** How a problem names a part of a body; cut, because callers choose names. */
export const fieldOf = (path: ReadonlyArray<PropertyKey>, prefix = ""): string | undefined =>
  bounded(
    path.reduce<string>(
      (parent, key) => typeof key === "number" ? `${parent}[${key}]` : join(parent, String(key)) ?? "",
      prefix
    )
  )

/** The same problem, of a question that stands at `prefix` in its body. */
export const problemAt = (inner: Problem, prefix: string): Problem => ({
  ...inner,
  field: join(prefix, inner.field ?? "") ?? prefix
})

/** What callers are told of a fault of ours. */
export const internalProblem: Problem = problem(
  "InternalError",
  "The service failed unexpectedly. It may help to ask again."
)

const join = (parent: string, child: string): string | undefined => {
  if (child === "") return parent === "" ? undefined : parent
  return parent === "" || child.startsWith("[") ? `${parent}${child}` : `${parent}.${child}`
}

/** Names of members are the caller's (POSH-SEC-14). */
const bounded = (field: string): string | undefined => field === "" ? undefined : printable(field)

const format = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) => {
    if (issue._tag === "MissingKey") return "this member is required"
    if (issue._tag === "UnexpectedKey") return "there is no such member"
    if (issue._tag === "InvalidType" && issue.ast._tag === "Objects") return "expected an object"
    return SchemaIssue.defaultLeafHook(issue)
  }
})

/** The text with a capital at its start and a stop at its end; bounded and escaped, whatever it quotes (POSH-SEC-14). */
export const sentence = (message: string): string => {
  const text = printable(message, messageCharacters)
  const capital = `${text.charAt(0).toUpperCase()}${text.slice(1)}`
  return /[.?!…]$/.test(capital) ? capital : `${capital}.`
}
