/**
 * The entry of a worker: what the parent starts where `POSH_WORKERS` is more than one. See `main.ts`.
 */
import { enableCompileCache } from "node:module"
import { join } from "node:path"
import { surviveLostReaders, surviveSignals } from "./process/signals.ts"

surviveSignals()
surviveLostReaders()
enableCompileCache(join(import.meta.dirname, "../../../node_modules/.cache/posh"))
await import("./runWorker.ts")
