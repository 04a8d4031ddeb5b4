/**
 * `--check-config`: finds every fault that would stop a start, but for an address that is in use. Listens nowhere,
 * connects to nothing and writes nothing.
 */
import { HttpsFetcher } from "@posh/core/node"
import { Console, Effect, Layer } from "effect"
import { egressFault } from "./config/policy.ts"
import { prepare } from "./prepare.ts"

/** Prints `OK`, or one line for each fault. */
export const checkConfig = Effect.gen(function*() {
  const { egress, warnings } = yield* prepare
  // OpenSSL has to take the roots.
  yield* Effect.mapError(Effect.scoped(Layer.build(HttpsFetcher.layer(egress))), egressFault)
  for (const warning of warnings) yield* Console.error(`posh: warning: ${warning}`)
  yield* Console.log("OK")
}).pipe(
  Effect.tapError(({ faults }) => Effect.forEach(faults, (fault) => Console.error(`posh: ${fault}`)))
)
