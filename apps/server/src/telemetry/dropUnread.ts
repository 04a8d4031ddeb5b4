/**
 * A reader of standard output that stands still must not fill the memory: Node.js keeps what is written to a full pipe.
 */
import { Cause, Logger } from "effect"

/** What standard output has of a stream. */
export interface Output {
  /** Octets that wait for a reader. */
  readonly writableLength: number
}

/** Octets, some thousand lines. */
export const mostUnread = 1024 * 1024

/** Drops lines while too much waits, and says how many as soon as there is room again. */
export const dropUnread = (logger: Logger.Logger<unknown, void>, output: Output): Logger.Logger<unknown, void> => {
  let dropped = 0
  return Logger.make((options) => {
    if (output.writableLength > mostUnread) return void (dropped += 1)
    if (dropped > 0) {
      const message = `dropped ${dropped} lines of the log: nobody read standard output`
      dropped = 0
      logger.log({ ...options, logLevel: "Warn", message, cause: Cause.empty })
    }
    logger.log(options)
  })
}
