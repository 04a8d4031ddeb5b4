/**
 * Maps inner errors to problems of the API, as values. Inner causes never reach the wire.
 */
import { type Problem, problem } from "@posh/api"
import type { QuestionError } from "@posh/core"
import { messageCharacters, printable } from "@posh/core/serving"
import { SchemaAST, SchemaIssue } from "effect"
import { nearestName } from "./nearest.ts"

/** For a question that the core refused. `prefix`: path of the question in the body. */
export const questionProblem = (error: QuestionError, prefix = ""): Problem =>
  problem(error.code, sentence(error.message), join(prefix, error.field ?? ""))

/** For input that violates the schema. `prefix` as above. */
export const schemaProblem = (issue: SchemaIssue.Issue, prefix = ""): Problem => {
  const [first] = format(issue).issues
  const path = (first?.path ?? []).map((segment) => typeof segment === "object" ? segment.key : segment)
  const meant = suggestionOf(issue)
  const hint = meant === undefined ? "" : `; did you mean ${meant}?`
  return problem("InvalidRequest", sentence(`${first?.message ?? ""}${hint}`), fieldOf(path, prefix))
}

/** For an unknown member: the known one that was probably meant, with those one level below. */
const suggestionOf = (issue: SchemaIssue.Issue, path: ReadonlyArray<PropertyKey> = []): string | undefined => {
  if (issue._tag === "Composite" || issue._tag === "AnyOf") {
    const [first] = issue.issues
    return first === undefined ? undefined : suggestionOf(first, path)
  }
  if (issue._tag === "Pointer") return suggestionOf(issue.issue, [...path, ...issue.path])
  if (issue._tag === "Filter" || issue._tag === "Encoding") return suggestionOf(issue.issue, path)
  if (issue._tag !== "UnexpectedKey" || !SchemaAST.isObjects(issue.ast)) return undefined
  const members = issue.ast.propertySignatures
  const names = members.map(({ name }) => String(name))
  const inner = members.flatMap(({ name, type }) =>
    SchemaAST.isObjects(type) ? type.propertySignatures.map((member) => [String(member.name), `${String(name)}.`]) : []
  )
  const given = String(path.at(-1) ?? "")
  const near = nearestName(given, [...names, ...inner.map(([name = ""]) => name)])
  if (near === undefined) return undefined
  return names.includes(near) ? near : `${inner.find(([name]) => name === near)?.[1] ?? ""}${near}`
}

/** The path of a member as `field` of a problem; bounded, because callers choose the names (POSH-SEC-14). */
export const fieldOf = (path: ReadonlyArray<PropertyKey>, prefix = ""): string | undefined =>
  bounded(
    path.reduce<string>(
      (parent, key) => typeof key === "number" ? `${parent}[${key}]` : join(parent, String(key)) ?? "",
      prefix
    )
  )

/** Prefixes `field` with the path of the question in the body. */
export const problemAt = (inner: Problem, prefix: string): Problem => ({
  ...inner,
  field: join(prefix, inner.field ?? "") ?? prefix
})

/** For a defect. It reveals nothing about the cause. */
export const internalProblem: Problem = problem(
  "InternalError",
  "The service failed unexpectedly. It may help to ask again."
)

const join = (parent: string, child: string): string | undefined => {
  if (child === "") return parent === "" ? undefined : parent
  return parent === "" || child.startsWith("[") ? `${parent}${child}` : `${parent}.${child}`
}

/** Names of members come from the caller (POSH-SEC-14). */
const bounded = (field: string): string | undefined => field === "" ? undefined : printable(field)

const format = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) => {
    if (issue._tag === "MissingKey") return "this member is required"
    if (issue._tag === "UnexpectedKey") return "there is no such member"
    if (issue._tag === "InvalidType" && issue.ast._tag === "Objects") return "expected an object"
    return SchemaIssue.defaultLeafHook(issue)
  }
})

/** Capitalises the text and ends it with a full stop. Bounded and escaped, because it may quote input (POSH-SEC-14). */
export const sentence = (message: string): string => {
  const text = printable(message, messageCharacters)
  const capital = `${text.charAt(0).toUpperCase()}${text.slice(1)}`
  return /[.?!…]$/.test(capital) ? capital : `${capital}.`
}
