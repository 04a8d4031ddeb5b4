/**
 * Watches files that an operator may change while the service runs.
 */
import { Effect, type Scope } from "effect"
import { stat } from "node:fs/promises"

/** Poll interval, milliseconds. A change is applied at the second poll that sees it, so within two intervals. */
const pollMs = 500

/**
 * Runs `apply` after each change of one of the files, and on SIGHUP; one run after the other.
 *
 * **Details**
 *
 * Polls, because notifications of the system (inotify) do not follow symbolic links, and orchestrators replace files by
 * swapping links. A change is applied when two consecutive polls agree, so that a file is not read while it is written.
 */
export const watchFiles = (
  paths: ReadonlyArray<string>,
  apply: Effect.Effect<void>
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function*() {
    let seen = ""
    let applied = "" // runs once at the start, so a change since the files were first read is not missed
    let signalled = false
    const poll = Effect.gen(function*() {
      const now = yield* stamp(paths)
      const isSettled = now === seen
      seen = now
      if (!signalled && (!isSettled || now === applied)) return
      signalled = false
      applied = now
      yield* apply
    })

    const onSignal = () => void (signalled = true)
    yield* Effect.acquireRelease(
      Effect.sync(() => process.on("SIGHUP", onSignal)),
      () => Effect.sync(() => process.off("SIGHUP", onSignal))
    )
    yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(pollMs), poll)))
  })

/** Changes if a file is replaced, written, created or deleted. */
const stamp = (paths: ReadonlyArray<string>): Effect.Effect<string> =>
  Effect.map(Effect.forEach(paths, stampOne), (stamps) => stamps.join(" "))

const stampOne = (path: string): Effect.Effect<string> =>
  Effect.tryPromise(() => stat(path, { bigint: true })).pipe(
    Effect.map(({ ctimeNs, dev, ino, mtimeNs, size }) => [dev, ino, size, mtimeNs, ctimeNs].join("-")),
    Effect.orElseSucceed(() => "unreadable")
  )
