/**
 * One operation on the page of the documentation: parameters, body, answers, an example.
 */
import { code, descriptionOf, escape, inline, prose, table, typeOf } from "./docsParts.ts"
import { type Example, examples } from "./examples.ts"

/** The parts of an operation of OpenAPI that are used. */
export interface Operation {
  readonly operationId?: string
  readonly tags?: ReadonlyArray<string>
  readonly summary?: string
  readonly description?: string
  readonly security?: ReadonlyArray<Readonly<Record<string, ReadonlyArray<string>>>>
  readonly parameters?: ReadonlyArray<{
    readonly name: string
    readonly in: string
    readonly required?: boolean
    readonly description?: string
    readonly schema: object
  }>
  readonly requestBody?: { readonly content: Content }
  readonly responses?: Readonly<Record<string, { readonly description?: string; readonly content?: Content }>>
}

type Content = Readonly<Record<string, { readonly schema?: object }>>

export interface DocumentedRoute {
  /** Its anchor. */
  readonly id: string
  readonly method: string
  readonly path: string
  readonly operation: Operation
}

export const renderOperation = ({ id, method, operation, path }: DocumentedRoute): string => {
  const { description, parameters = [], requestBody, responses = {}, summary } = operation
  const parts: ReadonlyArray<readonly [title: string, html: string]> = [
    ["Parameters", table(["Name", "Type", "Meaning"], parameters.map(parameterRow))],
    ["Body", requestBody === undefined ? "" : `<p>${renderContent(requestBody.content)}</p>`],
    [
      "Answers",
      table(
        ["Status", "Body", "Meaning"],
        Object.entries(responses).map(([status, { content = {}, description = "" }]) => [
          code(status),
          renderContent(content),
          inline(description)
        ])
      )
    ],
    ["Example", renderExample(examples[id])]
  ]
  return `<section id="${escape(id)}">
<h3><a href="#${escape(id)}">${code(`${method.toUpperCase()} ${path}`)}</a> <small>${escape(summary ?? "")}</small></h3>
${prose(description)}
<p>Scope of the <a href="#keys">key</a>: ${escape(scopeOf(operation))}.</p>
${parts.filter(([, html]) => html !== "").map(([title, html]) => `<h4>${title}</h4>\n${html}`).join("\n")}
</section>`
}

const parameterRow = (
  { description, in: place, name, required, schema }: NonNullable<Operation["parameters"]>[number]
): ReadonlyArray<string> => [
  code(name),
  `${typeOf(schema)} in ${escape(place)}${required === true ? "" : ", optional"}`,
  inline(description ?? descriptionOf(schema))
]

const scopeOf = ({ security = [] }: Operation): string =>
  security.flatMap(Object.values).flat().join(", ") || "none is needed"

const renderContent = (content: Content): string =>
  Object.entries(content)
    .map(([mediaType, { schema }]) => `${code(mediaType)} ${schema === undefined ? "" : typeOf(schema)}`)
    .join("<br>")

const renderExample = (example: Example | undefined): string =>
  example === undefined ? "" : `<pre><code>${escape(example.command)}</code></pre>
<pre><code>${
    escape(typeof example.answer === "string" ? example.answer : JSON.stringify(example.answer, null, 2))
  }</code></pre>`
