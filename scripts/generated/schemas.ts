/** Short descriptions of the JSON Schemas of the OpenAPI document. */

export interface Schema {
  readonly $ref?: string
  readonly type?: string
  readonly enum?: ReadonlyArray<string | number>
  readonly anyOf?: ReadonlyArray<Schema>
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: ReadonlyArray<string>
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly maxLength?: number
  readonly format?: string
  readonly description?: string
  readonly default?: unknown
}

export type Schemas = Readonly<Record<string, Schema>>

/** The description of a member: its own, or that of the referenced type. */
export const meaning = (schema: Schema, schemas: Schemas): string =>
  (schema.description ?? (isObject(schema, schemas) ? undefined : resolve(schema, schemas).description) ?? "")
    .replaceAll("\n- ", " ")

/** The type of a member: a link to a message, its values, or a primitive type with bounds. */
export const typeText = (schema: Schema, schemas: Schemas): string => {
  if (isObject(schema, schemas) && schema.$ref !== undefined) {
    const name = nameOf(schema.$ref)
    return `[${name}](#${name.toLowerCase()})`
  }
  const values = valuesOf(schema, schemas)
  if (values.length > 0) return valuesText(values)
  const target = resolve(schema, schemas)
  if (target.items !== undefined) return `list of ${typeText(target.items, schemas)}${countText(target)}`
  return target.format === "date-time" ? "instant" : `${target.type ?? "any"}${rangeText(target)}`
}

/** The values of an enumeration; none if the type is open. */
export const valuesOf = (schema: Schema, schemas: Schemas): ReadonlyArray<string> => {
  const { anyOf = [], enum: values = [] } = resolve(schema, schemas)
  return [...values.map(String), ...anyOf.flatMap((member) => valuesOf(member, schemas))]
}

/** Follows a reference. */
export const resolve = (schema: Schema, schemas: Schemas): Schema =>
  schema.$ref === undefined ? schema : schemas[nameOf(schema.$ref)] ?? schema

const isObject = (schema: Schema, schemas: Schemas): boolean => resolve(schema, schemas).properties !== undefined

const nameOf = (reference: string): string => reference.split("/").at(-1) ?? ""

const urn = "urn:posh:problem:"
const mostValues = 12

const valuesText = (values: ReadonlyArray<string>): string => {
  if (values.every((value) => value.startsWith(urn))) return `\`${urn}\` and [the code](errors.md#problems)`
  return values.length > mostValues
    ? "one of [the codes](errors.md)"
    : values.map((value) => `\`${value}\``).join(", ")
}

const countText = ({ maxItems, minItems }: Schema): string =>
  maxItems === undefined ? "" : `, ${minItems ?? 0} to ${grouped(maxItems)}`

const rangeText = ({ maxLength, maximum, minimum }: Schema): string => {
  if (maxLength !== undefined) return `, at most ${maxLength} characters`
  if (minimum === undefined || minimum < 0) return "" // the bounds of a double are not informative
  return maximum === undefined || maximum >= 2 ** 31 - 1
    ? `, from ${grouped(minimum)}`
    : `, ${grouped(minimum)} to ${grouped(maximum)}`
}

const grouped = (value: number): string => value.toLocaleString("en")
