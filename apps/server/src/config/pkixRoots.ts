/**
 * The roots of PKIX (`POSH_PKIX_ROOTS`). Those of a file may change while the service runs.
 */
import { makeTrustAnchors, type TrustAnchors } from "@posh/core"
import { mozillaRoots, readRoots, systemRoots } from "@posh/core/node"
import { Effect, Result, type Scope } from "effect"
import { largestPemFile } from "../process/certificates.ts"
import { readText } from "../process/files.ts"
import { watchFiles } from "../process/watchFiles.ts"
import { ConfigError } from "./Config.ts"
import { type Settings, variables } from "./variables.ts"

type RootSettings = Pick<Settings, "pkixRoots">

const { name } = variables.pkixRoots

/** The roots as they are now. Those of Node.js and of the system are read when somebody needs them. */
export const readPkixRoots = ({ pkixRoots }: RootSettings): Effect.Effect<TrustAnchors, ConfigError> => {
  if (pkixRoots === "mozilla") return Effect.succeed(makeTrustAnchors(mozillaRoots))
  if (pkixRoots === "system") return Effect.succeed(makeTrustAnchors(systemRoots))
  return readText(pkixRoots.file, largestPemFile).pipe(
    Effect.flatMap((pem) => Effect.fromResult(Result.mapError(readRoots(pem), ({ detail }) => detail))),
    Effect.mapBoth({
      onFailure: (fault) => new ConfigError({ faults: [`${name}: ${fault}`] }),
      onSuccess: (roots) => makeTrustAnchors(() => roots)
    })
  )
}

/** The roots, renewed when their file changes. A file that cannot be read leaves them as they were. */
export const followPkixRoots = (
  settings: RootSettings
): Effect.Effect<TrustAnchors, ConfigError, Scope.Scope> =>
  Effect.gen(function*() {
    const { pkixRoots } = settings
    const state = { anchors: yield* readPkixRoots(settings) }
    if (typeof pkixRoots === "string") return state.anchors
    const renew = Effect.gen(function*() {
      const anchors = yield* readPkixRoots(settings)
      if (anchors.id === state.anchors.id) return
      state.anchors = anchors
      yield* Effect.logInfo(`${name}: new roots are trusted`)
    }).pipe(Effect.mapError(({ message }) => `${message}; the roots stay as they were`))
    yield* watchFiles([pkixRoots.file], renew, name)
    return {
      get id() {
        return state.anchors.id
      },
      named: (subject) => state.anchors.named(subject)
    }
  })
