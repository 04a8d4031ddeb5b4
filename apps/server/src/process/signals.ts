/**
 * No signal ends the process by accident. Without a listener, Node.js leaves most of them to the system, which ends the
 * process without a drain, and opens the debugger on SIGUSR1.
 */

/** They ask for nothing here. Who reloads files on SIGHUP listens beside this. */
const survived: ReadonlyArray<NodeJS.Signals> = [
  "SIGHUP",
  "SIGUSR1",
  "SIGUSR2",
  "SIGALRM",
  "SIGVTALRM",
  "SIGPROF",
  "SIGIO",
  "SIGPWR"
]

/**
 * Call it before anything else is loaded. SIGQUIT stops the service in order, as SIGTERM and SIGINT do.
 *
 * **Gotchas**
 *
 * Signals that tell of a fault (SIGSEGV, SIGABRT) or of a limit (SIGXCPU) still end the process, and so do the real-time
 * signals, which Node.js cannot name.
 */
export const surviveSignals = (): void => {
  for (const signal of survived) process.on(signal, () => undefined)
  process.on("SIGQUIT", () => process.kill(process.pid, "SIGTERM"))
}

/** A reader of standard output or error that goes away ends nothing: whoever writes learns of it from the write. */
export const surviveLostReaders = (): void => {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined)
}
