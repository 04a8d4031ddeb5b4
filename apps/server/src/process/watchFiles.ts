/**
 * Files that an operator may change while the service runs.
 */
import { Effect, type Scope } from "effect"
import { stat } from "node:fs/promises"

/** Milliseconds between two looks. A change is taken up at the second look that sees it, so within two of them. */
const lookEvery = 500

/**
 * Runs `apply` after each change of one of the files, and on SIGHUP; one run after the other.
 *
 * **Details**
 *
 * Looks, and does not wait to be told: notices of the system do not follow symbolic links, by whose exchange orchestrators
 * replace files. A change is taken up when two looks in a row have seen the same, so that a file is not read while it is
 * being written.
 */
export const watchFiles = (
  paths: ReadonlyArray<string>,
  apply: Effect.Effect<void>
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function*() {
    let seen = ""
    let applied = "" // so it runs once at the start: what changed since the files were read first is not missed
    let signalled = false
    const look = Effect.gen(function*() {
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
    yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(lookEvery), look)))
  })

/** Differs when a file is another one, or was written, or came, or went. */
const stamp = (paths: ReadonlyArray<string>): Effect.Effect<string> =>
  Effect.map(Effect.forEach(paths, stampOne), (stamps) => stamps.join(" "))

const stampOne = (path: string): Effect.Effect<string> =>
  Effect.tryPromise(() => stat(path, { bigint: true })).pipe(
    Effect.map(({ ctimeNs, dev, ino, mtimeNs, size }) => [dev, ino, size, mtimeNs, ctimeNs].join("-")),
    Effect.orElseSucceed(() => "unreadable")
  )
