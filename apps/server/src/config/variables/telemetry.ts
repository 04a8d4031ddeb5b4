/**
 * What the service tells of itself.
 */
import { oneOf } from "../parsers.ts"
import { variable } from "../Variable.ts"

export const telemetry = {
  logLevel: variable("POSH_LOG_LEVEL", {
    fallback: "info",
    values: "`trace`, `debug`, `info`, `warn`, `error`",
    meaning: "Least level that is logged.",
    consequence: "The line that names the URL at start is printed at any level.",
    parse: oneOf(["trace", "debug", "info", "warn", "error"])
  }),
  logFormat: variable("POSH_LOG_FORMAT", {
    fallback: "auto",
    values: "`auto`, `pretty`, `json`",
    meaning: "How logs are written to standard output.",
    consequence: "`auto`: for people on a terminal, else one JSON object a line.",
    parse: oneOf(["auto", "pretty", "json"])
  })
} as const
