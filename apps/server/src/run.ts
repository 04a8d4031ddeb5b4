/**
 * Runs the service: what the entry loads where there are no arguments.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { start, teardown } from "./start.ts"

NodeRuntime.runMain(start, { teardown, disableErrorReporting: true })
