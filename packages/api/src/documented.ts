/**
 * What the OpenAPI document leaves out: parameters that exist only to be refused with a reason.
 */
import { Predicate } from "effect"

/** The document without them. A caller must not send what is not in the document, so it stays true. */
export const withoutRejected = (spec: Record<string, unknown>): Record<string, unknown> => ({
  ...spec,
  paths: mapValues(spec["paths"], (item) => mapValues(item, withoutRejectedParameters))
})

const withoutRejectedParameters = (operation: unknown): unknown =>
  Predicate.hasProperty(operation, "parameters") && Array.isArray(operation.parameters)
    ? { ...operation, parameters: operation.parameters.filter((parameter) => !isRejected(parameter)) }
    : operation

/** By its description, which says why. */
const isRejected = (parameter: unknown): boolean =>
  Predicate.hasProperty(parameter, "schema") && Predicate.hasProperty(parameter.schema, "description") &&
  String(parameter.schema.description).startsWith("Rejected:")

const mapValues = (value: unknown, map: (value: unknown) => unknown): unknown =>
  Predicate.isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, map(one)])) : value
