/**
 * The roots of PKIX (`POSH_PKIX_ROOTS`). Those of a file may change while the service runs.
 */
import { anchorFault, makeTrustAnchors, type TrustAnchors } from "@posh/core"
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
    Effect.flatMap((pem) => Effect.fromResult(Result.flatMap(parseFile(pem), checkRoots))),
    Effect.mapBoth({
      onFailure: (fault) => new ConfigError({ faults: [`${name}: ${fault}`] }),
      onSuccess: (roots) => makeTrustAnchors(() => roots)
    })
  )
}

const parseFile = (pem: string): Result.Result<ReadonlyArray<Uint8Array>, string> =>
  Result.mapError(readRoots(pem), ({ detail }) => detail)

/** A root that no path can lead to would be missed only when callers are refused. */
const checkRoots = (roots: ReadonlyArray<Uint8Array>): Result.Result<ReadonlyArray<Uint8Array>, string> => {
  const faults = roots.flatMap((root, index) => {
    const fault = anchorFault(root)
    return fault === undefined ? [] : [`certificate ${index + 1} cannot be a root: ${fault}`]
  })
  return faults[0] === undefined ? Result.succeed(roots) : Result.fail(faults[0])
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
