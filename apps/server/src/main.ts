/**
 * The entry. The command line is loaded only where there are arguments.
 */
import { enter } from "./process/entry.ts"

enter()
await (process.argv.length > 2 ? import("./cli.ts") : import("./run.ts"))
