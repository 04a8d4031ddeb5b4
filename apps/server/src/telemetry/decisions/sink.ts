/**
 * Where the lines of the decision log go.
 */
import { Data, Effect } from "effect"

export class SinkError extends Data.TaggedError("SinkError")<{ readonly cause: unknown }> {
  /** The error code of the system, such as `ENOSPC`, or `unread` of a named pipe. */
  override get message(): string {
    if (typeof this.cause === "string") return this.cause
    return this.cause instanceof Error ? (this.cause as NodeJS.ErrnoException).code ?? this.cause.name : "?"
  }
}

export interface Sink {
  /** Succeeds when the lines are written. At most one call at a time. */
  readonly write: (lines: Uint8Array) => Effect.Effect<void, SinkError>
}

export const stdoutSink: Sink = {
  write: (lines) =>
    Effect.callback<void, SinkError>((resume) => {
      process.stdout.write(lines, (cause) =>
        resume(cause === undefined || cause === null ? Effect.void : Effect.fail(new SinkError({ cause }))))
    })
}
