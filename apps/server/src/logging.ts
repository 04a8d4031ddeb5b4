/**
 * Logs go to standard output: for people on a terminal, else one JSON object a line.
 */
import { Cause, Effect, Layer, Logger, type LogLevel, References } from "effect"
import type { Settings } from "./config/variables.ts"

const levels = {
  trace: "Trace",
  debug: "Debug",
  info: "Info",
  warn: "Warn",
  error: "Error"
} as const satisfies Record<Settings["logLevel"], LogLevel.LogLevel>

/** The logger and its least level. */
export const layerLogging = ({ logFormat, logLevel }: Pick<Settings, "logFormat" | "logLevel">): Layer.Layer<never> =>
  Layer.mergeAll(
    Logger.layer([bounded(isPretty(logFormat) ? Logger.consolePretty({ mode: "tty" }) : Logger.consoleJson)]),
    Layer.succeed(References.MinimumLogLevel, levels[logLevel])
  )

/** Logs whatever the level: for the one line that whoever starts the service waits for. */
export const logAlways = (message: string): Effect.Effect<void> =>
  Effect.log(message).pipe(Effect.provideService(References.MinimumLogLevel, "All"))

const isPretty = (format: Settings["logFormat"]): boolean =>
  format === "auto" ? process.stdout.isTTY : format === "pretty"

/** Characters of a message or of a cause that are logged. */
const longest = 4_096

/**
 * What a stranger sent may stand in the message of a fault: it must neither fill the log nor speak to the terminal
 * (POSH-SEC-14).
 */
export const bounded = <Output>(logger: Logger.Logger<unknown, Output>): Logger.Logger<unknown, Output> =>
  Logger.make((options) =>
    logger.log({ ...options, message: boundedMessage(options.message), cause: boundedCause(options.cause) })
  )

const boundedMessage = (message: unknown): unknown =>
  Array.isArray(message) ? message.map(boundedMessage) : typeof message === "string" ? escaped(message) : message

const boundedCause = (cause: Cause.Cause<unknown>): Cause.Cause<unknown> => {
  if (cause.reasons.length === 0) return cause
  const text = escaped(Cause.pretty(cause))
  const [message = "", ...stack] = text.split("\n")
  const fault = new Error(message)
  fault.stack = [message, ...stack].join("\n")
  return Cause.die(fault)
}

/** Line feeds and tabs are those of stacks. */
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/g

const escaped = (text: string): string => {
  const cut = text.length > longest ? `${text.slice(0, longest)}…` : text
  return cut.replaceAll(control, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`)
}
