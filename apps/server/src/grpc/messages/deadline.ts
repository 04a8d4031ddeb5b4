/**
 * The deadline of a question that came with a call: the sooner of its own and that of the call.
 */
import { deadlineMs as bounds } from "@posh/api"

/** Milliseconds before the end of a call at which its answer is due, so that it arrives. */
const ahead = 20

/** `remainingMs`: until the call ends. A value of the caller is taken as it is where it is sooner, or not valid. */
export const toDeadlineMs = (askedMs: number | undefined, remainingMs: number | undefined): number | undefined => {
  if (remainingMs === undefined || remainingMs >= bounds.maximum) return askedMs
  const latest = Math.max(bounds.minimum, Math.floor(remainingMs - ahead))
  if (askedMs === undefined) return latest < bounds.default ? latest : undefined
  return askedMs > latest && askedMs <= bounds.maximum ? latest : askedMs
}
