/**
 * Recognizes the usual question: domain, service and certificate or chain as texts, perhaps proof types, `explain` and a
 * deadline. The schema would decode it to an equal value at ten times the cost; it decodes all others.
 */
import {
  batchLimits,
  type BatchQuestion,
  chainCertificates,
  deadlineMs as deadlines,
  prooftypes,
  type Question
} from "@posh/api"
import { Predicate } from "effect"

export const isPlainQuestion = (input: unknown): input is Question => hasMembers(input, isPlain)

/** The same with an `id`. */
export const isPlainBatchQuestion = (input: unknown): input is BatchQuestion =>
  hasMembers(input, (name, value) => name === "id" ? isId(value) : isPlain(name, value))

const hasMembers = (input: unknown, areTaken: (name: string, value: unknown) => boolean): boolean =>
  Predicate.isObject(input) && typeof input["domain"] === "string" && typeof input["service"] === "string" &&
  Object.keys(input).every((name) => areTaken(name, input[name]))

const isId = (value: unknown): boolean => typeof value === "string" && value.length <= batchLimits.idCharacters

const isProoftype = (value: unknown): boolean => prooftypes.some((prooftype) => prooftype === value)

const isPlain = (name: string, value: unknown): boolean => {
  switch (name) {
    case "domain":
    case "service":
    case "certificate":
      return typeof value === "string"
    case "chain":
      return Array.isArray(value) && value.length >= 1 && value.length <= chainCertificates &&
        value.every(Predicate.isString)
    case "prooftypes":
      return Array.isArray(value) && value.every(isProoftype)
    case "explain":
      return typeof value === "boolean"
    case "deadlineMs":
      return Number.isInteger(value) && Number(value) >= deadlines.minimum && Number(value) <= deadlines.maximum
    default:
      return false
  }
}
