/**
 * Watches files that an operator may change while the service runs.
 */
import { Cause, Effect, Predicate, Result, type Scope } from "effect"
import { stat } from "node:fs/promises"

/** Poll interval, milliseconds. A change is applied at the second poll that sees it, so within two intervals. */
const pollMs = 500

/** After a fault the files are tried again at every such poll, although nothing changed: the fault may have been ours. */
const retryPolls = 20

/**
 * Runs `apply` after each change of one of the files, and on SIGHUP; one run after the other. `names`: the variables with
 * the paths, for the log.
 *
 * **Details**
 *
 * Polls, because notifications of the system (inotify) do not follow symbolic links, and orchestrators replace files by
 * swapping links. A change is applied when two consecutive polls agree, so that a file is not read while it is written.
 *
 * A failure of `apply` is what the log says; something that it throws is logged with `names`. Neither ends the watching, and
 * what was applied before stays in use.
 */
export const watchFiles = (
  paths: ReadonlyArray<string>,
  apply: Effect.Effect<void, string>,
  names: string = paths.join(", ")
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function*() {
    const state: State = { seen: "", applied: "", fault: undefined, pollsSinceFault: 0 }
    let signalled = false
    const poll = Effect.gen(function*() {
      const now = yield* stamp(paths)
      const isSettled = now === state.seen
      state.seen = now
      const isDue = signalled || (isSettled && now !== state.applied)
      if (!isDue && !isRetryDue(state)) return
      signalled = false
      state.applied = now
      const fault = yield* faultOf(apply, names)
      if (fault !== undefined && (isDue || fault !== state.fault)) yield* Effect.logError(fault)
      state.fault = fault
    })

    const onSignal = () => void (signalled = true)
    yield* Effect.acquireRelease(
      Effect.sync(() => process.on("SIGHUP", onSignal)),
      () => Effect.sync(() => process.off("SIGHUP", onSignal))
    )
    yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(pollMs), poll)))
  })

interface State {
  seen: string
  /** Empty at the start, so that a change since the files were first read is not missed. */
  applied: string
  fault: string | undefined
  pollsSinceFault: number
}

const isRetryDue = (state: State): boolean => {
  if (state.fault === undefined) return false
  state.pollsSinceFault = (state.pollsSinceFault + 1) % retryPolls
  return state.pollsSinceFault === 0
}

/** What is thrown counts as a fault: it must not end the fiber that watches. */
const faultOf = (apply: Effect.Effect<void, string>, names: string): Effect.Effect<string | undefined> =>
  apply.pipe(
    Effect.catchDefect((defect) =>
      Effect.fail(`${names}: cannot be used (${Cause.prettyErrors(Cause.die(defect))[0]?.message}); nothing changes`)
    ),
    Effect.result,
    Effect.map((result) => Result.isFailure(result) ? result.failure : undefined)
  )

/** Changes if a file is replaced, written, created or deleted, or is away for another reason. */
const stamp = (paths: ReadonlyArray<string>): Effect.Effect<string> =>
  Effect.map(Effect.forEach(paths, stampOne), (stamps) => stamps.join(" "))

const stampOne = (path: string): Effect.Effect<string> =>
  Effect.tryPromise(() => stat(path, { bigint: true })).pipe(
    Effect.map(({ ctimeNs, dev, ino, mtimeNs, size }) => [dev, ino, size, mtimeNs, ctimeNs].join("-")),
    Effect.catch(({ cause }) =>
      Effect.succeed(`away-${Predicate.hasProperty(cause, "code") ? String(cause.code) : "?"}`)
    )
  )
