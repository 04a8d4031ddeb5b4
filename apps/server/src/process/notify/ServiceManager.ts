/**
 * The service manager that has started this process and waits for its reports, where there is one: systemd with
 * `Type=notify`, or whatever speaks its protocol.
 */
import { Context, Effect, Layer, Schedule, type Scope } from "effect"
import { type Send, sendBySystemdNotify } from "./send.ts"
import type { Supervision } from "./supervision.ts"

export class ServiceManager extends Context.Service<ServiceManager, {
  /**
   * Says that the service is ready; from then on, for as long as the scope lasts, gives a sign of life twice in the time
   * after which the process would be killed, unless it is ill. An event loop that stands still gives none by itself.
   */
  readonly reportReady: (state: Effect.Effect<Vitals>) => Effect.Effect<void, never, Scope.Scope>
  /** Says that the service stops. */
  readonly reportStopping: Effect.Effect<void>
}>()("posh/server/process/ServiceManager") {
  static readonly layer = (supervision: Supervision | undefined): Layer.Layer<ServiceManager> =>
    Layer.succeed(
      ServiceManager,
      supervision === undefined ? none : makeServiceManager(supervision, sendBySystemdNotify(supervision.socket))
    )
}

/** How the service does. */
export interface Vitals {
  /** For people: what `systemctl status` shows. */
  readonly status: string
  /** Would a restart help? Overload and a lost dependency are no reason for one. */
  readonly isIll: boolean
}

const none: ServiceManager["Service"] = { reportReady: () => Effect.void, reportStopping: Effect.void }

export const makeServiceManager = ({ watchdogMs }: Supervision, send: Send): ServiceManager["Service"] => {
  const faults = { isTold: false }
  const report = (...fields: ReadonlyArray<string>): Effect.Effect<void> =>
    Effect.catch(send(fields), ({ message }) => {
      if (faults.isTold) return Effect.void
      faults.isTold = true
      return Effect.logWarning(`cannot report to the service manager (NOTIFY_SOCKET): ${message}`)
    })
  const signOfLife = ({ isIll, status }: Vitals) =>
    isIll
      ? Effect.logError(`no sign of life for the service manager: ${status}`)
      : report("WATCHDOG=1", `STATUS=${status}`)
  return {
    reportReady: (state) =>
      Effect.flatMap(state, ({ status }) => report("READY=1", `STATUS=${status}`)).pipe(
        Effect.andThen(
          watchdogMs === undefined
            ? Effect.void
            : Effect.repeat(Effect.flatMap(state, signOfLife), Schedule.spaced(watchdogMs / 2))
        ),
        Effect.forkScoped,
        Effect.asVoid
      ),
    reportStopping: report("STOPPING=1", "STATUS=stopping")
  }
}
