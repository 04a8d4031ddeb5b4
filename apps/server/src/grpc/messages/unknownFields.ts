/**
 * Fields that this version does not know. They are refused, as unknown members of JSON are, so that an option of a later version
 * never passes unnoticed.
 */
import type { Message } from "@bufbuild/protobuf"
import { type Problem, problem } from "@posh/api"

/** The problem if the message itself has one. `path`: of the message in the request. */
export const unknownFieldProblem = ({ $unknown = [] }: Message, path?: string): Problem | undefined => {
  const [first] = $unknown
  return first === undefined
    ? undefined
    : problem("InvalidRequest", `There is no such member: the field has the number ${first.no}.`, path)
}
