/**
 * Logs go to standard output: for people on a terminal, else one JSON object a line.
 */
import { Effect, Layer, Logger, type LogLevel, References } from "effect"
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
    Logger.layer([isPretty(logFormat) ? Logger.consolePretty({ mode: "tty" }) : Logger.consoleJson]),
    Layer.succeed(References.MinimumLogLevel, levels[logLevel])
  )

/** Logs whatever the level: for the one line that whoever starts the service waits for. */
export const logAlways = (message: string): Effect.Effect<void> =>
  Effect.log(message).pipe(Effect.provideService(References.MinimumLogLevel, "All"))

const isPretty = (format: Settings["logFormat"]): boolean =>
  format === "auto" ? process.stdout.isTTY : format === "pretty"
