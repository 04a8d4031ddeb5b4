/**
 * The reference of the HTTP API, from the OpenAPI document: routes, members with type, meaning and default, examples.
 */
import { type Example, examples } from "../../apps/server/src/http/routes/examples.ts"
import { table } from "./markdown.ts"
import { openApiDocument } from "./openApi.ts"
import { meaning, resolve, type Schema, type Schemas, typeText, valuesOf } from "./schemas.ts"

/** The parts of OpenAPI that are used. */
interface Document {
  readonly info: { readonly version: string }
  readonly tags: ReadonlyArray<{ readonly name: string; readonly description: string }>
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Schemas; readonly responses: Readonly<Record<string, Response>> }
}

interface Response {
  readonly $ref?: string
  readonly content?: Content
}

interface Operation {
  readonly operationId: string
  readonly tags: ReadonlyArray<string>
  readonly summary: string
  readonly description?: string
  readonly parameters?: ReadonlyArray<Parameter>
  readonly security: ReadonlyArray<{ readonly bearer?: ReadonlyArray<string> }>
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<Record<string, Response>>
}

interface Parameter {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly description?: string
  readonly schema: Schema
}

type Content = Readonly<Record<string, { readonly schema: Schema }>>

export const apiReference = (): string => {
  const document: Document = JSON.parse(openApiDocument())
  const { responses, schemas } = document.components
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({
      route: `${method.toUpperCase()} ${path}`,
      operation: { ...operation, responses: resolved(operation.responses, responses) }
    }))
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
    .toReversed() // questions and answers before their parts
    .filter(([name, schema]) => schema.properties !== undefined && !isOneProblem(name))
    .map(([name, schema]) => messageSection(name, schema, schemas))
  const routes = table(
    ["Route", "Scope", "What"],
    operations.map(({ operation, route }) => [
      `[\`${route}\`](#${route.toLowerCase().replaceAll(" ", "-").replaceAll(/[^a-z0-9-]/g, "")})`,
      scopeText(operation),
      operation.summary
    ])
  )
  return [introduction(document.info.version), routes, ...groups, "## Messages", ...messages].join("\n\n") + "\n"
}

/** With the shared responses in their places. */
const resolved = (
  own: Operation["responses"],
  shared: Document["components"]["responses"]
): Operation["responses"] =>
  Object.fromEntries(
    Object.entries(own).map((
      [status, response]
    ) => [status, shared[response.$ref?.split("/").at(-1) ?? ""] ?? response])
  )

const introduction = (version: string): string =>
  `# HTTP API, version ${version}

<!-- Made by \`npm run generate\` from packages/api/openapi.json and apps/server/src/http/routes/examples.ts. Do not edit. -->

JSON in, JSON out. Every verdict is HTTP 200. Any other status is a problem (\`application/problem+json\`, RFC 9457) and
means that there is no verdict: never accept a certificate on a problem. Members and parameters that are not listed are
rejected. [errors.md](errors.md) explains the codes. The service itself serves this contract as \`/openapi.json\` and,
for people, as \`/docs\`.

"Scope" is the scope that a key must have; \`admin\` includes \`verify\`. A key is sent as \`Authorization: Bearer\`. Health and the
contract itself are open. A request that is not valid or not supported HTTP gets 400, 408, 417 or 431 with \`InvalidRequest\` on any
path. [Who may ask](../guides/operate.md#who-may-ask) describes how to make keys, and how to run without
them. Web pages of other sites can never use the API: there is no CORS.

The examples run against the demo: start \`npm run demo -- --keep\`, and paste the two \`export\` lines that it prints.
Answers are shown shortened, and JSON is formatted.`

/** The problems of one status each; \`Problem\` describes them all. */
const isOneProblem = (name: string): boolean => name.endsWith("Problem") && name !== "Problem"

const operationSection = (route: string, operation: Operation, schemas: Schemas): string =>
  [
    `### ${route}`,
    `${operation.summary}${/[.?!]$/.test(operation.summary) ? "" : "."} ${operation.description ?? ""}`.trim(),
    `Scope: ${scopeText(operation)}.`,
    ...parameterTable(operation.parameters ?? [], schemas),
    ...(operation.requestBody === undefined ? [] : [`Body: ${contentText(operation.requestBody.content, schemas)}.`]),
    `Answer: ${successText(operation, schemas)}.`,
    ...problemLine(operation, schemas),
    exampleSection(operation.operationId)
  ].join("\n\n")

const scopeText = ({ security }: Operation): string =>
  security.flatMap(({ bearer = [] }) => bearer).map((scope) => `\`${scope}\``).join(", ") || "open"

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

const successText = ({ responses }: Operation, schemas: Schemas): string =>
  Object.entries(responses).flatMap(([status, { content }]) => {
    if (content === undefined) return [`${status}, no body`]
    const { [problemMediaType]: _problem, ...others } = content
    return Object.keys(others).length > 0 ? [`${status} with ${contentText(others, schemas)}`] : []
  }).join("; ")

const contentText = (content: Content, schemas: Schemas): string =>
  Object.entries(content)
    .map(([mediaType, { schema }]) => `${typeText(schema, schemas)} (\`${mediaType}\`)`)
    .join(" or ")

const problemLine = ({ responses }: Operation, schemas: Schemas): ReadonlyArray<string> => {
  const parts = Object.entries(responses).flatMap(([status, { content }]) => {
    const problem = content?.[problemMediaType]
    return problem === undefined || isOfMessage(problem.schema)
      ? []
      : [`${status} ${problemCodes(problem.schema, schemas).join(", ")}`]
  })
  return parts.length === 0 ? [] : [`[Problems](#problem): ${parts.join("; ")}.`]
}

/** The introduction has those that may answer any request. */
const isOfMessage = ({ $ref }: Schema): boolean => $ref === "#/components/schemas/MessageProblem"

const problemMediaType = "application/problem+json"

const problemCodes = (schema: Schema, schemas: Schemas): ReadonlyArray<string> => {
  const code = resolve(schema, schemas).properties?.["code"]
  return code === undefined ? [] : valuesOf(code, schemas).map((value) => `\`${value}\``)
}

const exampleSection = (operationId: string): string => {
  const example: Example | undefined = examples[operationId]
  if (example === undefined) throw new Error(`${operationId} has no example in examples.ts`)
  const answer = typeof example.answer === "string"
    ? `\`\`\`text\n${example.answer}\n\`\`\``
    : `\`\`\`json\n${JSON.stringify(example.answer, null, 2)}\n\`\`\``
  return `\`\`\`sh\n${example.command}\n\`\`\`\n\n${answer}`
}

const messageSection = (name: string, schema: Schema, schemas: Schemas): string => {
  const base = baseOf(name, schema, schemas)
  const inherited = new Set(base === undefined ? [] : Object.keys(schemas[base]?.properties ?? {}))
  const own = Object.entries(schema.properties ?? {}).filter(([member]) => !inherited.has(member))
  return [
    `### ${name}`,
    ...(schema.description === undefined ? [] : [schema.description]),
    ...(base === undefined ? [] : [`The members of [${base}](#${base.toLowerCase()}), and:`]),
    table(
      ["Member", "Type", "Required", "Default", "Meaning"],
      memberRows({ ...schema, properties: Object.fromEntries(own) }, schemas, "")
    )
  ].join("\n\n")
}

/** The message that this one extends with more members. */
const baseOf = (name: string, { properties = {}, required = [] }: Schema, schemas: Schemas): string | undefined =>
  Object.keys(schemas).find((other) => {
    const members = Object.entries(schemas[other]?.properties ?? {})
    const demanded = schemas[other]?.required ?? []
    return other !== name && members.length >= 5 && members.length < Object.keys(properties).length &&
      members.every(([member, schema]) =>
        JSON.stringify(properties[member]) === JSON.stringify(schema) &&
        required.includes(member) === demanded.includes(member)
      )
  })

/** The members, and below them the members of anonymous objects. */
const memberRows = (schema: Schema, schemas: Schemas, prefix: string): Array<Array<string>> =>
  Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
    const row = [
      `\`${prefix}${name}\``,
      typeText(member, schemas),
      (schema.required ?? []).includes(name) ? "yes" : "no",
      member.default === undefined ? "" : `\`${JSON.stringify(member.default)}\``,
      meaning(member, schemas)
    ]
    return [row].concat(
      memberRows(member, schemas, `${prefix}${name}.`),
      member.items === undefined ? [] : memberRows(member.items, schemas, `${prefix}${name}[].`)
    )
  })
