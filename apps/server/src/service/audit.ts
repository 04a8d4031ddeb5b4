/**
 * Lines of the log about what operators must be able to look up: who used the scope `admin`, for what. The transport adds
 * the address and the id of the request.
 */
import { Effect } from "effect"
import type { Caller } from "./Caller.ts"

export type AuditAction = "purge" | "refresh" | "inventory"

export const audit = (
  action: AuditAction,
  { name }: Caller,
  facts: Readonly<Record<string, unknown>> = {}
): Effect.Effect<void> =>
  Effect.logInfo(`audit: ${action}`).pipe(Effect.annotateLogs({ audit: action, caller: name, ...facts }))
