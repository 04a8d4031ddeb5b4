/** Commands of Node.js. */
import type { Command } from "../../process.ts"

/** The same command with further flags of Node.js. */
export const withFlags = ([node, ...rest]: Command, ...flags: ReadonlyArray<string>): Command => [
  node,
  "--disable-warning=ExperimentalWarning",
  ...flags,
  ...rest
]
