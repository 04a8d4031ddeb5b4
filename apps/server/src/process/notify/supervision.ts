/**
 * What a service manager such as systemd tells the services that it starts: where to report, and how often
 * (sd_notify(3), sd_watchdog_enabled(3)).
 */

export interface Supervision {
  /** The socket that takes reports: a path, or an abstract name that begins with `@`. */
  readonly socket: string
  /** Without a sign of life for this long the process is killed; `undefined`: no signs are wanted. */
  readonly watchdogMs: number | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

/** Pure. `undefined`: nobody listens. A watchdog that is meant for another process is none (sd_watchdog_enabled(3)). */
export const parseSupervision = (
  { NOTIFY_SOCKET: socket = "", WATCHDOG_PID: watched = "", WATCHDOG_USEC: microseconds = "" }: Environment,
  pid: number
): Supervision | undefined => {
  if (socket === "") return undefined
  const isWatched = /^[1-9]\d{0,15}$/.test(microseconds) && (watched === "" || watched === String(pid))
  return { socket, watchdogMs: isWatched ? Number(microseconds) / 1_000 : undefined }
}
