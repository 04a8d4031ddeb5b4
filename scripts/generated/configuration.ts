/**
 * The reference of all variables, from the rows by which the service parses them.
 */
import type { Variable } from "../../apps/server/src/config/Variable.ts"
import { variables } from "../../apps/server/src/config/variables.ts"

export const configurationReference = (): string =>
  `# Configuration

<!-- Made by \`npm run generate\` from apps/server/src/config/variables. Do not edit. -->

The service reads its configuration from environment variables when it starts. An invalid value stops the
start: exit code 1, and one line on standard error that names every invalid variable and what is wrong with it. An empty
variable counts as unset. A variable that begins with \`POSH_\` or \`OTEL_\` and is not listed here has no effect, and causes a
warning.

Durations are a whole number with a unit: \`ms\`, \`s\`, \`m\`, \`h\` or \`d\`.

| Variable | Default | Values | Meaning |
|---|---|---|---|
${Object.values<Variable<unknown>>(variables).map(row).join("\n")}
`

const row = ({ consequence, fallback, meaning, name, values }: Variable<unknown>): string =>
  `| \`${name}\` | ${fallback === "" ? "unset" : `\`${fallback}\``} | ${cell(values)} | ${
    cell(`${meaning} ${consequence}`)
  } |`

const cell = (text: string): string => text.replaceAll("|", "\\|")
