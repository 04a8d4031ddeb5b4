/**
 * Unions of one member, which the schemas of Effect make of `Literals([one])`: linters take them for a mistake, and generators
 * make a type of them.
 */
import { Predicate } from "effect"
import type { JsonSchema } from "./OpenApiDocument.ts"

const unions = ["anyOf", "oneOf", "allOf"] as const

/**
 * Keywords that accept everything, so that it does not matter beside what they stand. All others stay apart: beside
 * `properties`, for example, an `additionalProperties` means something else.
 */
const annotations = new Set(["title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly"])

/** The schema without such a union, if nothing but annotations is beside it; they take precedence over the member's. */
export const withoutSingleUnion = (schema: JsonSchema): JsonSchema => {
  for (const union of unions) {
    const { [union]: members, ...others } = schema
    if (!Array.isArray(members) || members.length !== 1 || !Predicate.isObject(members[0])) continue
    if (Object.keys(others).every((key) => annotations.has(key))) return { ...members[0], ...others }
  }
  return schema
}
