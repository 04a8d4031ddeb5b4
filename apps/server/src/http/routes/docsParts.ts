/**
 * Pieces of HTML for the page of the documentation. Text is escaped here and nowhere else.
 */
import { Predicate } from "effect"

/** Of an unknown value. */
export const member = (value: unknown, key: string): unknown =>
  Predicate.hasProperty(value, key) ? value[key] : undefined

/** A table with heads, none where there are no rows. The first cell of a row is its head. Heads are text, cells HTML. */
export const table = (heads: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  rows.length === 0 ? "" : `<table>
<thead><tr>${heads.map((head) => `<th scope="col">${escape(head)}</th>`).join("")}</tr></thead>
<tbody>
${
    rows.map(([first = "", ...others]) => `<tr><th scope="row">${first}</th>${others.map(cell).join("")}</tr>`).join(
      "\n"
    )
  }
</tbody>
</table>`

const cell = (html: string): string => `<td>${html}</td>`

export const code = (text: string): string => `<code>${escape(text)}</code>`

/** Paragraphs. */
export const prose = (text: string | undefined): string =>
  text === undefined || text === "" ? "" : text.split("\n\n").map((part) => `<p>${inline(part)}</p>`).join("\n")

/** Text with code in backquotes, and lists. */
export const inline = (text: string): string =>
  escape(text).replaceAll(/`([^`]*)`/g, "<code>$1</code>").replaceAll("\n- ", "<br>– ")

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  "\"": "&quot;",
  "'": "&#39;"
}

export const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? "")

/** What a schema allows, as HTML. */
export const typeOf = (schema: unknown): string => {
  const reference = member(schema, "$ref")
  if (Predicate.isString(reference)) {
    const name = escape(reference.replace("#/components/schemas/", ""))
    return `<a href="#${name}">${name}</a>`
  }
  const combined = ["anyOf", "oneOf", "allOf"].map((key) => member(schema, key)).find(Array.isArray)
  if (combined !== undefined) return combined.map(typeOf).join(" | ")
  const values = member(schema, "enum")
  if (Array.isArray(values)) return values.map((value) => code(String(value))).join(" ")
  if (member(schema, "type") === "array") return `array of ${typeOf(member(schema, "items"))}`
  return escape(String(member(schema, "type") ?? "any"))
}

export const descriptionOf = (schema: unknown): string => {
  const own = member(schema, "description")
  if (Predicate.isString(own)) return own
  const combined = member(schema, "allOf")
  return Array.isArray(combined) ? combined.map(descriptionOf).find((text) => text !== "") ?? "" : ""
}
