/**
 * Renders the OpenAPI document as a page, without scripts, so that it works offline and under a strict content security
 * policy.
 */
import { Predicate } from "effect"
import type { OpenApi } from "effect/http-api"

/** Renders the page. */
export const renderDocs = (spec: OpenApi.OpenAPISpec): string => {
  const operations = Object.entries(spec.paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = item[method]
      return operation === undefined ? [] : [renderOperation(method, path, operation)]
    })
  )
  const schemas = Object.entries(spec.components.schemas).map(([name, schema]) => renderSchema(name, schema))
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(spec.info.title)} ${escape(spec.info.version)}</title>
<link rel="stylesheet" href="/docs/style.css">
<h1>${escape(spec.info.title)} <small>${escape(spec.info.version)}</small></h1>
${prose(spec.info.description)}
<p>For machines: <a href="/openapi.json">/openapi.json</a>.</p>
<h2>Operations</h2>
${operations.join("\n")}
<h2>Messages</h2>
${schemas.join("\n")}
</html>
`
}

/** Its style. */
export const docsStyle = `:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
code, pre { font-family: ui-monospace, monospace; font-size: .9em }
section { border-top: 1px solid #8884; padding: .5rem 0 }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8882 }
small { color: #888; font-weight: normal }
`

const methods = ["get", "post", "delete"] as const

/** The parts of OpenAPI that are looked at; everything else of an operation goes unread. */
interface Operation {
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

const renderOperation = (method: string, path: string, operation: Operation): string => {
  const parameters = (operation.parameters ?? []).map(({ description, in: place, name, required, schema }) =>
    row(
      name,
      `${typeOf(schema)} in ${place}${required === true ? "" : ", optional"}`,
      description ?? descriptionOf(schema)
    )
  )
  const body = operation.requestBody === undefined
    ? []
    : [row("body", renderContent(operation.requestBody.content), "")]
  const responses = Object.entries(operation.responses ?? {}).map(([status, { content = {}, description = "" }]) =>
    row(status, renderContent(content), description)
  )
  return `<section>
<h3><code>${escape(method.toUpperCase())} ${escape(path)}</code> <small>${escape(operation.summary ?? "")}</small></h3>
${prose(operation.description)}
<p>Scope: ${escape(scopeOf(operation))}.</p>
${table([...parameters, ...body])}
${table(responses)}
</section>`
}

const scopeOf = ({ security = [] }: Operation): string => security.flatMap(Object.values).flat().join(", ") || "open"

const renderSchema = (name: string, schema: object): string => {
  const properties = member(schema, "properties")
  const required = member(schema, "required")
  const rows = Predicate.isObject(properties)
    ? Object.entries(properties).map(([key, value]) =>
      row(
        key,
        `${typeOf(value)}${Array.isArray(required) && required.includes(key) ? "" : ", optional"}`,
        descriptionOf(value)
      )
    )
    : [row("", typeOf(schema), "")]
  return `<section id="${escape(name)}">
<h3>${escape(name)}</h3>
${prose(descriptionOf(schema))}
${table(rows)}
</section>`
}

const renderContent = (content: Content): string =>
  Object.entries(content).map(([mediaType, { schema }]) =>
    `<code>${escape(mediaType)}</code> ${schema === undefined ? "" : typeOf(schema)}`
  ).join("<br>")

/** What a schema allows, as HTML. */
const typeOf = (schema: unknown): string => {
  const reference = member(schema, "$ref")
  if (Predicate.isString(reference)) {
    const name = escape(reference.replace("#/components/schemas/", ""))
    return `<a href="#${name}">${name}</a>`
  }
  const combined = ["anyOf", "oneOf", "allOf"].map((key) => member(schema, key)).find(Array.isArray)
  if (combined !== undefined) return combined.map(typeOf).join(" | ")
  const values = member(schema, "enum")
  if (Array.isArray(values)) return values.map((value) => `<code>${escape(String(value))}</code>`).join(" ")
  if (member(schema, "type") === "array") return `array of ${typeOf(member(schema, "items"))}`
  return escape(String(member(schema, "type") ?? "any"))
}

const descriptionOf = (schema: unknown): string => {
  const own = member(schema, "description")
  if (Predicate.isString(own)) return own
  const combined = member(schema, "allOf")
  return Array.isArray(combined) ? combined.map(descriptionOf).find((text) => text !== "") ?? "" : ""
}

const member = (value: unknown, key: string): unknown => Predicate.hasProperty(value, key) ? value[key] : undefined

const table = (rows: ReadonlyArray<string>): string => rows.length === 0 ? "" : `<table>\n${rows.join("\n")}\n</table>`

/** `name` and `description` are text, `type` is HTML. */
const row = (name: string, type: string, description: string): string =>
  `<tr><th><code>${escape(name)}</code></th><td>${type}</td><td>${inline(description)}</td></tr>`

const prose = (text: string | undefined): string =>
  text === undefined || text === "" ? "" : text.split("\n\n").map((part) => `<p>${inline(part)}</p>`).join("\n")

const inline = (text: string): string =>
  escape(text).replaceAll(/`([^`]*)`/g, "<code>$1</code>").replaceAll("\n- ", "<br>– ")

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  "\"": "&quot;",
  "'": "&#39;"
}

const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? "")
