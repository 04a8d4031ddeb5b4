/**
 * Recognizes the usual question: domain, service and certificate as texts, perhaps `explain` and a deadline. The schema
 * would decode it to an equal value at ten times the cost; it decodes all others.
 */
import { deadlineMs as deadlines, type Question } from "@posh/api"
import { Predicate } from "effect"

export const isPlainQuestion = (input: unknown): input is Question =>
  Predicate.isObject(input) && typeof input["domain"] === "string" && typeof input["service"] === "string" &&
  Object.keys(input).every((name) => isPlain(name, input[name]))

const isPlain = (name: string, value: unknown): boolean => {
  switch (name) {
    case "domain":
    case "service":
    case "certificate":
      return typeof value === "string"
    case "explain":
      return typeof value === "boolean"
    case "deadlineMs":
      return Number.isInteger(value) && Number(value) >= deadlines.minimum && Number(value) <= deadlines.maximum
    default:
      return false
  }
}
