/**
 * Sends reports by `systemd-notify`, because Node.js has no Unix datagram sockets (docs/decisions/systemd.md).
 */
import { Data, Effect } from "effect"
import { execFile } from "node:child_process"

/** The report was not delivered. */
export class NotifyError extends Data.TaggedError("NotifyError")<{ readonly cause: Error }> {
  override get message(): string {
    return this.cause.message.trim()
  }
}

/** Sends fields such as `READY=1` together. */
export type Send = (fields: ReadonlyArray<string>) => Effect.Effect<void, NotifyError>

/** Milliseconds. The program waits until the service manager has read the report. */
const timeout = 5_000

/** Fixed, so that only a program of the system runs. The last entry is for NixOS. */
const path = "/usr/bin:/bin:/run/current-system/sw/bin"

export const sendBySystemdNotify = (socket: string): Send => (fields) =>
  Effect.callback((resume) => {
    const child = execFile(
      "systemd-notify",
      [...fields],
      { env: { NOTIFY_SOCKET: socket, PATH: path }, timeout, killSignal: "SIGKILL" },
      (cause) => resume(cause === null ? Effect.void : Effect.fail(new NotifyError({ cause })))
    )
    return Effect.sync(() => void child.kill("SIGKILL"))
  })
