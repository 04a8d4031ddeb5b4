/** What measurements share: how hard to measure, certificates, a folder, and the servers to compare. */
import { Effect, type Scope } from "effect"
import { makeFolder } from "../service.ts"
import { buildGo } from "./bare/build.ts"
import type { Effort } from "./Effort.ts"
import { type Fleet, makeFleet, type Shape } from "./fleet/Fleet.ts"
import { issueMany } from "./fleet/issueMany.ts"
import { hasTool } from "./machine/tools.ts"
import type { Options } from "./options.ts"
import type { Table } from "./Outcome.ts"
import { bareGo, bareNode } from "./subjects/bare.ts"
import { posh, poshIn } from "./subjects/posh.ts"
import type { Subject } from "./subjects/Subject.ts"

export interface Bench {
  readonly options: Options
  readonly effort: Effort
  /** For files; removed at the end. */
  readonly folder: string
  readonly fleet: (shape: Shape) => Promise<Fleet>
  /** Bare Node.js first: the others are compared with it. */
  readonly subjects: ReadonlyArray<Subject>
  /** Prints a table as soon as it is there. */
  readonly tell: (table: Table) => void
}

export const makeBench = (options: Options, tell: Bench["tell"]): Effect.Effect<Bench, never, Scope.Scope> =>
  Effect.gen(function*() {
    const folder = yield* makeFolder
    const go = options.go && hasTool("go") ? [bareGo(yield* Effect.promise(() => buildGo(folder)))] : []
    return {
      options,
      effort: options.effort,
      folder,
      fleet: fleetsIn(folder),
      subjects: [bareNode, ...go, posh(), ...options.against.map(poshIn)],
      tell
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
