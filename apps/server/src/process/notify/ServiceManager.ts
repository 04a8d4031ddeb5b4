/**
 * Reports to the service manager that started this process, if there is one: systemd with `Type=notify`, or anything that
 * speaks its protocol.
 */
import { Context, Effect, Layer, Schedule, type Scope } from "effect"
import { type Send, sendBySystemdNotify } from "./send.ts"
import type { Supervision } from "./supervision.ts"

export class ServiceManager extends Context.Service<ServiceManager, {
  /**
   * Reports readiness once. Then it sends watchdog pings, two in each watchdog interval, until the scope closes; none while the
   * service is unhealthy. A blocked event loop sends none by itself.
   */
  readonly reportReady: (state: Effect.Effect<Vitals>) => Effect.Effect<void, never, Scope.Scope>
  /** Reports that the service is stopping. */
  readonly reportStopping: Effect.Effect<void>
}>()("posh/server/process/ServiceManager") {
  static readonly layer = (supervision: Supervision | undefined): Layer.Layer<ServiceManager> =>
    Layer.succeed(
      ServiceManager,
      supervision === undefined ? none : makeServiceManager(supervision, sendBySystemdNotify(supervision.socket))
    )
}

/** The state that is reported. */
export interface Vitals {
  /** What `systemctl status` shows. */
  readonly status: string
  /** False only if a restart helps: not for overload or a lost dependency. */
  readonly isHealthy: boolean
}

const none: ServiceManager["Service"] = { reportReady: () => Effect.void, reportStopping: Effect.void }

export const makeServiceManager = ({ watchdogMs }: Supervision, send: Send): ServiceManager["Service"] => {
  const failures = { isLogged: false }
  const report = (...fields: ReadonlyArray<string>): Effect.Effect<void> =>
    Effect.catch(send(fields), ({ message }) => {
      if (failures.isLogged) return Effect.void
      failures.isLogged = true
      return Effect.logWarning(`cannot report to the service manager (NOTIFY_SOCKET): ${message}`)
    })
  const ping = ({ isHealthy, status }: Vitals) =>
    isHealthy
      ? report("WATCHDOG=1", `STATUS=${status}`)
      : Effect.logError(`no watchdog ping: ${status}`)
  return {
    reportReady: (state) =>
      Effect.flatMap(state, ({ status }) => report("READY=1", `STATUS=${status}`)).pipe(
        Effect.andThen(
          watchdogMs === undefined
            ? Effect.void
            : Effect.repeat(Effect.flatMap(state, ping), Schedule.spaced(watchdogMs / 2))
        ),
        Effect.forkScoped,
        Effect.asVoid
      ),
    reportStopping: report("STOPPING=1", "STATUS=stopping")
  }
}
