/** What measurements share: how hard to measure, certificates, a folder, and the servers to compare. */
import { Effect, type Scope } from "effect"
import { makeFolder } from "../service.ts"
import { buildGo } from "./bare/build.ts"
import type { Effort } from "./compare.ts"
import { type Fleet, makeFleet, type Shape } from "./fleet/Fleet.ts"
import { issueMany } from "./fleet/issueMany.ts"
import type { Options } from "./options.ts"
import { bareGo, bareNode, posh, poshIn, type Subject } from "./Subject.ts"
import { hasTool } from "./tools.ts"

export interface Bench {
  readonly options: Options
  readonly effort: Effort
  /** For files; removed at the end. */
  readonly folder: string
  readonly fleet: (shape: Shape) => Promise<Fleet>
  /** Bare Node.js first: the others are compared with it. */
  readonly subjects: ReadonlyArray<Subject>
}

export const makeBench = (options: Options): Effect.Effect<Bench, never, Scope.Scope> =>
  Effect.gen(function*() {
    const folder = yield* makeFolder
    const go = hasTool("go") ? [bareGo(yield* Effect.promise(() => buildGo(folder)))] : []
    return {
      options,
      effort: options,
      folder,
      fleet: fleetsIn(folder),
      subjects: [bareNode, ...go, posh(), ...options.against.map(poshIn)]
    }
  })

/** Certificates are issued once: a smaller fleet takes the first of them. */
const fleetsIn = (folder: string): Bench["fleet"] => {
  let issued: ReadonlyArray<Buffer> = []
  return async (shape) => {
    if (issued.length < shape.certificates) issued = await Effect.runPromise(issueMany(shape.certificates))
    return makeFleet(shape, issued, folder)
  }
}
