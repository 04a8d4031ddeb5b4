/**
 * `origins.ts <port> <folder>`: only the origins of the demo, for a fleet in other containers. Listens on all
 * addresses, and writes the root that the fleet must trust and the certificates for questions to the folder. Runs until
 * stopped.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Cause, Console, Effect, Exit, type Runtime } from "effect"
import { makeWorld, writeCertificates } from "./world.ts"

const [port = "8443", folder = "/certificates"] = process.argv.slice(2)

const origins = Effect.gen(function*() {
  const world = yield* makeWorld({ address: "0.0.0.0", port: Number(port) })
  yield* writeCertificates(world, folder)
  yield* Console.log(
    [
      `origins listen on port ${port}`,
      ...world.publications.flatMap(({ headline, pages }) => pages.length === 0 ? [] : [headline])
    ].join("\n")
  )
  yield* Effect.never
})

/** An interruption is the normal end. */
const teardown: Runtime.Teardown = (exit, onExit) =>
  onExit(Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause) ? 1 : 0)

NodeRuntime.runMain(origins.pipe(Effect.scoped, Effect.provide(NodeServices.layer)), { teardown })
