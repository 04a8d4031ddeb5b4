/**
 * Appends to a file or a named pipe. SIGHUP reopens it by name, so log rotation can move the old file away.
 */
import { Effect, type Scope } from "effect"
import { openOutlet, type Outlet } from "./outlet.ts"
import { type Sink, SinkError } from "./sink.ts"

const lineEnd = Buffer.from("\n")

/** Fails if the file cannot be opened. A named pipe that nobody reads yet is no fault: what is written before is lost. */
export const fileSink = (path: string): Effect.Effect<Sink, SinkError, Scope.Scope> =>
  Effect.gen(function*() {
    const openPath = Effect.tryPromise({ try: () => openOutlet(path), catch: (cause) => new SinkError({ cause }) })
    const current: { outlet: Outlet | undefined; isTorn: boolean; isStale: boolean } = {
      outlet: undefined,
      isTorn: false,
      isStale: false
    }
    const first = yield* openPath
    if (first !== "unread") current.outlet = first
    else yield* Effect.logWarning(`nobody reads ${path}: records of the decision log are dropped until somebody does`)
    const close = Effect.suspend(() => {
      const { outlet } = current
      current.outlet = undefined
      return outlet === undefined ? Effect.void : Effect.ignore(Effect.tryPromise(() => outlet.close()))
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
      if (current.outlet === undefined) {
        const outlet = yield* openPath
        if (outlet === "unread") return yield* new SinkError({ cause: outlet })
        current.outlet = outlet
        if (outlet.isNew) current.isTorn = false
      }
      return current.outlet
    })

    const append = (outlet: Outlet, lines: Uint8Array) =>
      Effect.tryPromise({
        // A partial line must not corrupt the next one.
        try: () => outlet.write(current.isTorn ? Buffer.concat([lineEnd, lines]) : lines),
        catch: (cause) => new SinkError({ cause })
      }).pipe(
        Effect.tap(() => Effect.sync(() => void (current.isTorn = false))),
        Effect.tapError(() => Effect.sync(() => void (current.isTorn = true))),
        // What cannot be written to any more, such as a pipe whose reader has gone, is opened anew.
        Effect.tapError(() => outlet.isNew ? close : Effect.void)
      )

    return { write: (lines) => Effect.flatMap(reopened, (outlet) => append(outlet, lines)) }
  })
