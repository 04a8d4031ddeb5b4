/**
 * Sinks of the decision log: a file, which may be rotated, or standard output.
 */
import { Data, Effect, type Scope } from "effect"
import { type FileHandle, open } from "node:fs/promises"

export class SinkError extends Data.TaggedError("SinkError")<{ readonly cause: unknown }> {
  /** The error code of the system, such as `ENOSPC`. */
  override get message(): string {
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

const lineEnd = Buffer.from("\n")

/** Only owner and group may read: the log names domains and callers. */
const mode = 0o640

/** Appends to a file. SIGHUP reopens it by name, so log rotation can move the old file away. */
export const fileSink = (path: string): Effect.Effect<Sink, SinkError, Scope.Scope> =>
  Effect.gen(function*() {
    const openFile = Effect.tryPromise({ try: () => open(path, "a", mode), catch: (cause) => new SinkError({ cause }) })
    const current: { file: FileHandle | undefined; isTorn: boolean; isStale: boolean } = {
      file: yield* openFile,
      isTorn: false,
      isStale: false
    }
    const close = Effect.suspend(() => {
      const { file } = current
      current.file = undefined
      return file === undefined ? Effect.void : Effect.ignore(Effect.tryPromise(() => file.close()))
    })
    const onHangUp = () => {
      current.isStale = true
    }
    yield* Effect.acquireRelease(
      Effect.sync(() => process.on("SIGHUP", onHangUp)),
      () => Effect.andThen(Effect.sync(() => process.off("SIGHUP", onHangUp)), close)
    )

    const reopened = Effect.gen(function*() {
      if (current.isStale) {
        current.isStale = false
        yield* close
      }
      current.file ??= yield* openFile
      return current.file
    })

    return {
      write: (lines) =>
        Effect.flatMap(reopened, (file) =>
          Effect.tryPromise({
            // A partial line must not corrupt the next one.
            try: () => file.appendFile(current.isTorn ? Buffer.concat([lineEnd, lines]) : lines),
            catch: (cause) => new SinkError({ cause })
          })).pipe(
            Effect.tapError(() =>
              Effect.sync(() => {
                current.isTorn = true
              })
            ),
            Effect.andThen(Effect.sync(() => {
              current.isTorn = false
            }))
          )
    }
  })
