/**
 * Whether the file of the decision log could be opened, found out without opening or making it.
 */
import { Effect } from "effect"
import { constants } from "node:fs"
import { access, stat } from "node:fs/promises"
import { dirname } from "node:path"
import { ConfigError } from "../../config/Config.ts"
import { type Settings, variables } from "../../config/variables.ts"

export const checkDecisionLog = ({ decisionLog }: Pick<Settings, "decisionLog">): Effect.Effect<void, ConfigError> =>
  decisionLog === "off" || decisionLog === "stdout" ? Effect.void : Effect.tryPromise({
    try: () => checkWritable(decisionLog.path),
    catch: (cause) => cannotOpen(decisionLog.path, (cause as NodeJS.ErrnoException).code ?? "?")
  })

export const cannotOpen = (path: string, why: string): ConfigError =>
  new ConfigError({ faults: [`${variables.decisionLog.name}: cannot open ${path} (${why})`] })

const checkWritable = (path: string): Promise<void> =>
  stat(path).then(
    (found) =>
      found.isDirectory()
        ? Promise.reject(Object.assign(new Error("a folder"), { code: "EISDIR" }))
        : access(path, constants.W_OK),
    (cause: NodeJS.ErrnoException) =>
      cause.code === "ENOENT" ? access(dirname(path), constants.W_OK | constants.X_OK) : Promise.reject(cause)
  )
