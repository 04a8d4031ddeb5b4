/**
 * All variables of the environment that the service reads, in the order of the reference.
 */
import type { Variable } from "./Variable.ts"
import { cache } from "./variables/cache.ts"
import { egress } from "./variables/egress.ts"
import { limits } from "./variables/limits.ts"
import { listener } from "./variables/listener.ts"
import { proofs } from "./variables/proofs.ts"
import { protocol } from "./variables/protocol.ts"
import { redisTls } from "./variables/redisTls.ts"
import { secretFiles } from "./variables/secretFiles.ts"
import { telemetry } from "./variables/telemetry.ts"
import { traces } from "./variables/traces.ts"

export const variables = {
  ...listener,
  ...limits,
  ...cache,
  ...redisTls,
  ...egress,
  ...protocol,
  ...proofs,
  ...telemetry,
  ...traces,
  ...secretFiles
} as const

type ValueOf<V> = V extends Variable<infer A> ? A : never

/** The values of all variables. */
export type Settings = { readonly [K in keyof typeof variables]: ValueOf<typeof variables[K]> }
