/** Settings as lines of Prosody's configuration, which is Lua. */

/** One assignment a setting. */
export const toLua = (settings: Readonly<Record<string, unknown>>): string =>
  Object.entries(settings).map(([name, value]) => `${name} = ${expression(value)}\n`).join("")

const expression = (value: unknown): string => {
  if (Array.isArray(value)) return `{ ${value.map(expression).join("; ")} }`
  if (typeof value === "object" && value !== null) {
    return `{ ${Object.entries(value).map(([name, member]) => `["${name}"] = ${expression(member)}`).join("; ")} }`
  }
  return typeof value === "string" ? `"${value.replaceAll(/[\\"\n]/g, "\\$&")}"` : String(value)
}
