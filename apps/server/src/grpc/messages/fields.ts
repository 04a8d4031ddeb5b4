/**
 * Fields at fault by their names in the messages.
 */

/** `field`: a member of JSON, such as `requests[3].nameCheck`. */
export const toField = (field: string): string =>
  field
    .replace(/\bchain\[/, "chain.certificates[")
    .replaceAll(/-(?=\d)/g, "_")
    .replaceAll(/[a-z][A-Z]/g, ([before, after]) => `${before}_${after?.toLowerCase()}`)

/** Questions of a call are a member of their own. */
export const inQuestion = (field: string): string => {
  const [whole, place = "", rest = whole === undefined ? field : ""] =
    /^(requests?(?:\[\d+\])?)(?:\.(.*))?$/.exec(field) ?? []
  const path = [place, outside.has(rest) || rest.startsWith("question") ? rest : `question.${rest}`]
  return path.filter((part) => part !== "").join(".")
}

/** What is no part of the question. */
const outside: ReadonlySet<string> = new Set(["", "id", "requests"])
