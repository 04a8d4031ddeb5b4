/**
 * Reports to the service manager through systemd's own `systemd-notify`: Node.js opens no datagram sockets in the file system
 * (docs/decisions/systemd.md).
 */
import { Data, Effect } from "effect"
import { execFile } from "node:child_process"

/** The report did not arrive. */
export class NotifyError extends Data.TaggedError("NotifyError")<{ readonly cause: Error }> {
  override get message(): string {
    return this.cause.message.trim()
  }
}

/** Sends fields such as `READY=1` together. */
export type Send = (fields: ReadonlyArray<string>) => Effect.Effect<void, NotifyError>

/** Milliseconds; the program waits until the service manager has read the report. */
const longest = 5_000

/** Not that of the service: what runs here is what the system has installed. The last is where NixOS has its programs. */
const path = "/usr/bin:/bin:/run/current-system/sw/bin"

export const sendBySystemdNotify = (socket: string): Send => (fields) =>
  Effect.callback((resume) => {
    const child = execFile(
      "systemd-notify",
      [...fields],
      { env: { NOTIFY_SOCKET: socket, PATH: path }, timeout: longest, killSignal: "SIGKILL" },
      (cause) => resume(cause === null ? Effect.void : Effect.fail(new NotifyError({ cause })))
    )
    return Effect.sync(() => void child.kill("SIGKILL"))
  })
