/**
 * What a service manager such as systemd passes to the service: where to report, and how often (sd_notify(3),
 * sd_watchdog_enabled(3)).
 */

export interface Supervision {
  /** The socket that takes reports: a path, or an abstract name that begins with `@`. */
  readonly socket: string
  /** Milliseconds without a ping after which the process is killed; `undefined` without a watchdog. */
  readonly watchdogMs: number | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

/** Pure. `undefined` without a service manager. Ignores a watchdog for another process (sd_watchdog_enabled(3)). */
export const parseSupervision = (
  { NOTIFY_SOCKET: socket = "", WATCHDOG_PID: watched = "", WATCHDOG_USEC: microseconds = "" }: Environment,
  pid: number
): Supervision | undefined => {
  if (socket === "") return undefined
  const isWatched = /^[1-9]\d{0,15}$/.test(microseconds) && (watched === "" || watched === String(pid))
  return { socket, watchdogMs: isWatched ? Number(microseconds) / 1_000 : undefined }
}
