/**
 * Logs to standard output: pretty on a terminal, else one JSON object per line.
 */
import { printable } from "@posh/core/serving"
import { Cause, Context, Effect, Layer, Logger, LogLevel, Predicate, References } from "effect"
import type { Settings } from "../config/variables.ts"
import { dropUnread } from "./dropUnread.ts"

const levels = {
  trace: "Trace",
  debug: "Debug",
  info: "Info",
  warn: "Warn",
  error: "Error"
} as const satisfies Record<Settings["logLevel"], LogLevel.LogLevel>

/** The logger and its minimum level. */
export const layerLogging = ({ logFormat, logLevel }: Pick<Settings, "logFormat" | "logLevel">): Layer.Layer<never> =>
  Layer.mergeAll(
    Logger.layer([
      dropUnread(
        bounded(isPretty(logFormat) ? Logger.consolePretty({ mode: "tty" }) : Logger.consoleJson),
        process.stdout
      )
    ]),
    Layer.succeed(References.MinimumLogLevel, levels[logLevel])
  )

/** Logs at any level: for the line that process managers wait for at the start. */
export const logAlways = (message: string): Effect.Effect<void> =>
  Effect.log(message).pipe(Effect.provideService(References.MinimumLogLevel, "All"))

/** True if debug lines are logged. For lines that would cost too much to make in vain. */
export const logsDebug = (minimum: LogLevel.LogLevel): boolean => LogLevel.isLessThanOrEqualTo(minimum, "Debug")

const isPretty = (format: Settings["logFormat"]): boolean =>
  format === "auto" ? process.stdout.isTTY : format === "pretty"

/** Maximum of characters of a message, a cause or an annotation. */
const maxCharacters = 4_096

/**
 * Bounds and escapes all text of a log line: it may hold untrusted input, which must neither flood the log nor send
 * control sequences to a terminal (POSH-SEC-14).
 */
export const bounded = <Output>(logger: Logger.Logger<unknown, Output>): Logger.Logger<unknown, Output> =>
  Logger.make((options) =>
    logger.log({
      ...options,
      message: boundedMessage(options.message),
      cause: boundedCause(options.cause),
      fiber: withBoundedAnnotations(options.fiber)
    })
  )

/** Loggers read the annotations from the fiber. */
const withBoundedAnnotations = <Fiber extends Logger.Options<unknown>["fiber"]>(fiber: Fiber): Fiber => {
  const annotations = fiber.getRef(References.CurrentLogAnnotations)
  if (Object.keys(annotations).length === 0) return fiber
  const entries = Object.entries(annotations).map(([name, value]) => [name, boundedMessage(value)])
  const context = Context.add(fiber.context, References.CurrentLogAnnotations, Object.fromEntries(entries))
  return Object.create(fiber, {
    context: { value: context },
    getRef: { value: <A>(ref: Context.Reference<A>): A => Context.get(context, ref) }
  })
}

const boundedMessage = (message: unknown): unknown => {
  if (Array.isArray(message)) return message.map(boundedMessage)
  if (Predicate.isError(message)) return escaped(Cause.pretty(Cause.die(message)))
  return typeof message === "string" ? escaped(message) : message
}

const boundedCause = (cause: Cause.Cause<unknown>): Cause.Cause<unknown> => {
  if (cause.reasons.length === 0) return cause
  const text = escaped(Cause.pretty(cause))
  const [message = "", ...stack] = text.split("\n")
  const fault = new Error(message)
  fault.stack = [message, ...stack].join("\n")
  return Cause.die(fault)
}

/** Keeps line feeds: they come from stack traces, which are long but trusted. */
const escaped = (text: string): string => {
  const cut = text.length > maxCharacters ? `${text.slice(0, maxCharacters)}…` : text
  return cut.split("\n").map((line) => printable(line, maxCharacters)).join("\n")
}
