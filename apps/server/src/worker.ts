/**
 * The entry of a worker: what the parent starts where `POSH_WORKERS` is more than one. See `main.ts`.
 */
import { enter } from "./process/entry.ts"

enter()
await import("./runWorker.ts")
