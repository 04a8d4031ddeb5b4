/**
 * Renders the OpenAPI document as a page, without scripts, so that it works offline and under a strict content security
 * policy.
 */
import { Predicate } from "effect"
import type { OpenApi } from "effect/http-api"
import { type DocumentedRoute, type Operation, renderOperation } from "./docsOperation.ts"
import { code, descriptionOf, escape, inline, member, prose, table, typeOf } from "./docsParts.ts"

/** Renders the page. */
export const renderDocs = (spec: OpenApi.OpenAPISpec): string => {
  const title = escape(spec.info.title)
  const version = escape(spec.info.version)
  const groups = groupsOf(spec)
  const schemas = Object.entries(spec.components.schemas)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} ${version}</title>
<link rel="stylesheet" href="/docs/style.css">
</head>
<body>
<header>
<h1>${title} <small>API ${version}</small></h1>
</header>
<nav aria-label="Contents">
<ul>
<li><a href="#keys">Keys</a></li>
${groups.map(renderContents).join("\n")}
<li><a href="#messages">Messages</a>
<details>
<summary>${schemas.length} messages</summary>
<ul>
${schemas.map(([name]) => `<li><a href="#${escape(name)}">${escape(name)}</a></li>`).join("\n")}
</ul>
</details>
</li>
</ul>
</nav>
<main>
${prose(spec.info.description)}
<p>For machines: <a href="/openapi.json">/openapi.json</a>.</p>
<h2 id="keys">Keys</h2>
${prose(keys)}
<p>In the examples, <code>$POSH</code> is the URL of the service, and <code>$CERTS</code> a folder of certificates. Answers are those of
the demo (<code>npm run demo -- --keep</code>), shortened. Where a key is needed, add
<code>-H "authorization: Bearer $KEY"</code>.</p>
${groups.map(renderGroup).join("\n")}
<h2 id="messages">Messages</h2>
${schemas.map(([name, schema]) => renderSchema(name, schema)).join("\n")}
</main>
</body>
</html>
`
}

const keys =
  `A key is sent as \`Authorization: Bearer\`. The operator of this service makes keys, and gives each a scope: \`verify\` for
servers that ask questions; \`admin\`, which includes \`verify\`, for people and their tools.

401 \`Unauthorized\`: there was no key, or this service does not know it. 403 \`Forbidden\`: the key has not the scope of the
operation. A service may also run without keys, or accept the certificates of callers instead: then its operator has
decided so.`

/** Its style. Colours are at least 4.5 : 1 (WCAG 2.2, 1.4.3); long words break, so that nothing is wider than a phone. */
export const docsStyle = `:root {
  color-scheme: light dark;
  --ground: #ffffff; --text: #1a1a1a; --quiet: #595959; --link: #0b57d0; --line: #d0d0d0; --block: #f4f4f4;
  font: 1rem/1.5 system-ui, sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root { --ground: #121212; --text: #e6e6e6; --quiet: #b3b3b3; --link: #8ab4f8; --line: #3c3c3c; --block: #1f1f1f }
}
* { box-sizing: border-box }
body {
  max-width: 75rem; margin: 0 auto; padding: 1rem; background: var(--ground); color: var(--text);
  overflow-wrap: anywhere;
}
a { color: var(--link) }
code, pre { font-family: ui-monospace, monospace; font-size: .9em }
pre { background: var(--block); padding: .5rem; white-space: pre-wrap }
section { border-top: 1px solid var(--line); padding: .5rem 0 }
:target { scroll-margin-top: 1rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line) }
tr > :first-child { width: 30% }
small, thead th { color: var(--quiet); font-weight: normal }
nav ul { list-style: none; padding-left: 0 }
nav ul ul { padding-left: 1rem }
nav a { display: inline-block; padding: .125rem 0 }
@media (min-width: 60rem) {
  body { display: grid; grid-template-columns: 18rem minmax(0, 1fr); column-gap: 2rem }
  header { grid-column: 1 / 3 }
  nav { position: sticky; top: 0; max-height: 100vh; overflow-y: auto; align-self: start; font-size: .9rem }
}
@media print {
  nav { display: none }
}
`

interface Group {
  readonly id: string
  readonly name: string
  readonly description: string | undefined
  readonly routes: ReadonlyArray<DocumentedRoute>
}

const methods = ["get", "post", "delete"] as const

/** The operations by tag, in the order of the document. */
const groupsOf = (spec: OpenApi.OpenAPISpec): ReadonlyArray<Group> => {
  const routes = Object.entries(spec.paths).flatMap(([path, item]) =>
    methods.flatMap((method): ReadonlyArray<DocumentedRoute> => {
      const operation = item[method]
      return operation === undefined
        ? []
        : [{ id: operation.operationId, method, path, operation: withResponses(operation, spec) }]
    })
  )
  return spec.tags.map(({ description, name }) => ({
    id: name.toLowerCase(),
    name,
    description,
    routes: routes.filter(({ operation }) => operation.tags?.includes(name))
  }))
}

/** With what its responses refer to in their place. */
const withResponses = (operation: Operation, { components }: OpenApi.OpenAPISpec): Operation => ({
  ...operation,
  responses: Object.fromEntries(
    Object.entries(operation.responses ?? {}).map(([status, response]) => {
      const name = String(member(response, "$ref") ?? "").split("/").at(-1) ?? ""
      return [status, (member(member(components, "responses"), name) ?? response) as typeof response]
    })
  )
})

const renderContents = ({ id, name, routes }: Group): string =>
  `<li><a href="#${escape(id)}">${escape(name)}</a>
<ul>
${
    routes.map((route) => `<li><a href="#${escape(route.id)}">${escape(route.operation.summary ?? route.id)}</a></li>`)
      .join("\n")
  }
</ul>
</li>`

const renderGroup = ({ description, id, name, routes }: Group): string =>
  `<h2 id="${escape(id)}">${escape(name)}</h2>
${prose(description)}
${routes.map(renderOperation).join("\n")}`

const renderSchema = (name: string, schema: object): string => {
  const properties = member(schema, "properties")
  const required = member(schema, "required")
  const isRequired = (key: string) => Array.isArray(required) && required.includes(key)
  return `<section id="${escape(name)}">
<h3><a href="#${escape(name)}">${escape(name)}</a></h3>
${prose(descriptionOf(schema))}
${
    Predicate.isObject(properties)
      ? table(
        ["Member", "Type", "Meaning"],
        Object.entries(properties).map(([key, value]) => [
          code(key),
          `${typeOf(value)}${isRequired(key) ? "" : ", optional"}`,
          inline(descriptionOf(value))
        ])
      )
      : `<p>${typeOf(schema)}</p>`
  }
</section>`
}
