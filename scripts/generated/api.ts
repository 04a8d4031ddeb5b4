/**
 * The reference of the HTTP API, from the OpenAPI document: routes, members with type, meaning and default, examples.
 */
import { type Example, examples } from "./apiExamples.ts"
import { table } from "./markdown.ts"
import { openApiDocument } from "./openApi.ts"

/** The parts of OpenAPI that are looked at. */
interface Document {
  readonly info: { readonly version: string }
  readonly tags: ReadonlyArray<{ readonly name: string; readonly description: string }>
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

interface Operation {
  readonly operationId: string
  readonly tags: ReadonlyArray<string>
  readonly summary: string
  readonly description?: string
  readonly parameters?: ReadonlyArray<Parameter>
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>
}

interface Parameter {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly description?: string
  readonly schema: Schema
}

type Content = Readonly<Record<string, { readonly schema: Schema }>>

interface Schema {
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

export const apiReference = (): string => {
  const document: Document = JSON.parse(openApiDocument())
  const { schemas } = document.components
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ route: `${method.toUpperCase()} ${path}`, operation }))
  )
  const groups = document.tags.map(({ description, name }) =>
    [
      `## ${name}`,
      description,
      ...operations
        .filter(({ operation }) => operation.tags.includes(name))
        .map(({ operation, route }) => operationSection(route, operation, schemas))
    ].join("\n\n")
  )
  const messages = Object.entries(schemas)
    .filter(([name, schema]) => schema.properties !== undefined && !isOneProblem(name))
    .map(([name, schema]) => messageSection(name, schema, schemas))
  return [introduction(document.info.version), ...groups, "## Messages", ...messages].join("\n\n") + "\n"
}

const introduction = (version: string): string =>
  `# HTTP API, version ${version}

<!-- Made by \`npm run generate\` from packages/api/openapi.json and scripts/generated/apiExamples.ts. Do not edit. -->

JSON in, JSON out. Every verdict is HTTP 200. Any other status is a problem (\`application/problem+json\`, RFC 9457) and
means that there is no verdict: never accept a certificate on one. Members and parameters that are not listed are
refused. Codes are explained in [errors.md](errors.md). The service itself serves this contract as \`/openapi.json\` and,
for people, as \`/docs\`.

"Scope" in the descriptions belongs to keys of callers. Keys are not supported yet, and every caller may do everything;
see [configuration.md](configuration.md).

The examples run against the demo: start \`npm run demo -- --keep\`, and paste the two \`export\` lines that it prints.
Answers are shown shortened, and JSON is broken into lines.`

/** The problems of one status each; \`Problem\` describes them all. */
const isOneProblem = (name: string): boolean => name.endsWith("Problem") && name !== "Problem"

type Schemas = Document["components"]["schemas"]

const operationSection = (route: string, operation: Operation, schemas: Schemas): string =>
  [
    `### ${route}`,
    `${operation.summary}${/[.?!]$/.test(operation.summary) ? "" : "."} ${operation.description ?? ""}`.trim(),
    ...parameterTable(operation.parameters ?? [], schemas),
    ...(operation.requestBody === undefined ? [] : [`Body: ${contentText(operation.requestBody.content, schemas)}.`]),
    table(
      ["Status", "Body"],
      Object.entries(operation.responses).map(([status, { content }]) => [status, contentText(content, schemas)])
    ),
    exampleSection(operation.operationId)
  ].join("\n\n")

const parameterTable = (parameters: ReadonlyArray<Parameter>, schemas: Schemas): ReadonlyArray<string> =>
  parameters.length === 0 ? [] : [table(
    ["Parameter", "In", "Type", "Required", "Meaning"],
    parameters.map(({ description, in: place, name, required, schema }) => [
      `\`${name}\``,
      place,
      typeText(schema, schemas),
      required === true ? "yes" : "no",
      description ?? meaning(schema, schemas)
    ])
  )]

const contentText = (content: Content | undefined, schemas: Schemas): string =>
  content === undefined ?
    "none" :
    Object.entries(content).map(([mediaType, { schema }]) =>
      mediaType === "application/problem+json"
        ? problemText(schema, schemas)
        : `${typeText(schema, schemas)} (\`${mediaType}\`)`
    ).join(" or ")

const problemText = (schema: Schema, schemas: Schemas): string => {
  const codes = resolve(schema, schemas).properties?.["code"]?.enum ?? []
  return `[Problem](#problem): ${codes.map((code) => `\`${code}\``).join(", ")}`
}

const exampleSection = (operationId: string): string => {
  const example: Example | undefined = examples[operationId]
  if (example === undefined) throw new Error(`${operationId} has no example in apiExamples.ts`)
  const answer = typeof example.answer === "string"
    ? `\`\`\`text\n${example.answer}\n\`\`\``
    : `\`\`\`json\n${JSON.stringify(example.answer, null, 2)}\n\`\`\``
  return `\`\`\`sh\n${example.command}\n\`\`\`\n\n${answer}`
}

const messageSection = (name: string, schema: Schema, schemas: Schemas): string =>
  [
    `### ${name}`,
    ...(schema.description === undefined ? [] : [schema.description]),
    table(["Member", "Type", "Required", "Default", "Meaning"], memberRows(schema, schemas, ""))
  ].join("\n\n")

/** The members, and below them those of objects that have no name of their own. */
const memberRows = (schema: Schema, schemas: Schemas, prefix: string): ReadonlyArray<ReadonlyArray<string>> =>
  Object.entries(schema.properties ?? {}).flatMap(([name, member]) => [
    [
      `\`${prefix}${name}\``,
      typeText(member, schemas),
      (schema.required ?? []).includes(name) ? "yes" : "no",
      member.default === undefined ? "" : `\`${JSON.stringify(member.default)}\``,
      meaning(member, schemas)
    ],
    ...memberRows(member, schemas, `${prefix}${name}.`),
    ...(member.items === undefined ? [] : memberRows(member.items, schemas, `${prefix}${name}[].`))
  ])

const meaning = (schema: Schema, schemas: Schemas): string =>
  (schema.description ?? (schema.properties === undefined ? resolve(schema, schemas).description : undefined) ?? "")
    .replaceAll("\n- ", " ")

const mostValues = 8

const typeText = (schema: Schema, schemas: Schemas): string => {
  if (schema.$ref !== undefined) {
    const target = resolve(schema, schemas)
    const name = nameOf(schema.$ref)
    return target.properties === undefined ? typeText(target, schemas) : `[${name}](#${name.toLowerCase()})`
  }
  if (schema.enum !== undefined) {
    return schema.enum.length > mostValues
      ? "one of [the codes](errors.md)"
      : schema.enum.map((value) => `\`${value}\``).join(", ")
  }
  if (schema.anyOf !== undefined) return schema.anyOf.map((member) => typeText(member, schemas)).join(", ")
  if (schema.items !== undefined) return `list of ${typeText(schema.items, schemas)}${countText(schema)}`
  if (schema.format === "date-time") return "instant"
  return `${schema.type ?? "any"}${rangeText(schema)}`
}

const countText = ({ maxItems, minItems }: Schema): string =>
  maxItems === undefined ? "" : `, ${minItems ?? 0} to ${grouped(maxItems)}`

const rangeText = ({ maxLength, maximum, minimum }: Schema): string => {
  if (maxLength !== undefined) return `, at most ${maxLength} characters`
  const least = minimum === undefined || minimum < 0 ? undefined : minimum
  const most = maximum === undefined || maximum >= 2 ** 31 - 1 ? undefined : maximum
  if (least === undefined) return ""
  return most === undefined ? `, from ${grouped(least)}` : `, ${grouped(least)} to ${grouped(most)}`
}

const grouped = (value: number): string => value.toLocaleString("en")

const nameOf = (reference: string): string => reference.split("/").at(-1) ?? ""

const resolve = (schema: Schema, schemas: Schemas): Schema =>
  schema.$ref === undefined ? schema : schemas[nameOf(schema.$ref)] ?? schema
