/**
 * The entry. Compiled modules are kept beside the dependencies, where only who may change those may write: reading them
 * back halves the time to start. Where the place is read-only, nothing is kept and everything else is the same. The command line is
 * loaded only where there are arguments.
 */
import { enableCompileCache } from "node:module"
import { join } from "node:path"
import { surviveLostReaders, surviveSignals } from "./process/signals.ts"

surviveSignals()
surviveLostReaders()
enableCompileCache(join(import.meta.dirname, "../../../node_modules/.cache/posh"))
await (process.argv.length > 2 ? import("./cli.ts") : import("./run.ts"))
