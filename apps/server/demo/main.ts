/**
 * `npm run demo`: the idea of POSH in a terminal. Starts origins and the service, asks questions, prints and checks the
 * answers, and cleans up. Exit code 0: every answer was as expected. `--keep` leaves everything running until Ctrl-C.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { makeClient } from "@posh/api"
import { Cause, Console, Data, Effect, Exit, FileSystem, Layer, Runtime } from "effect"
import { FetchHttpClient } from "effect/http"
import { join } from "node:path"
import { ask } from "./ask.ts"
import { makeResolver } from "./dns.ts"
import { printCommands } from "./keep.ts"
import { printIntroduction, printScene, printSummary } from "./print.ts"
import { makeScenes } from "./scenes.ts"
import { startService } from "./service.ts"
import { makeWorld, writeCertificates } from "./world.ts"

const keep = process.argv.includes("--keep")

class UnexpectedAnswerError extends Data.TaggedError("UnexpectedAnswerError") {
  override readonly message = "some answers were not as expected"
}

const demo = Effect.gen(function*() {
  const files = yield* FileSystem.FileSystem
  const world = yield* makeWorld()
  const folder = yield* files.makeTempDirectoryScoped({ prefix: "posh-demo-" })
  yield* writeCertificates(world, folder)
  const { server } = yield* makeResolver(world.services)
  const url = yield* startService({
    extraCaFile: join(folder, "ca.pem"),
    pkixRootsFile: join(folder, "authority.pem"),
    connectTo: world.origins.connectTo,
    resolver: `dns://${server}`
  })
  const client = yield* makeClient(url)

  yield* Console.log(printIntroduction(world.publications, url))
  const outcomes = yield* Effect.forEach(
    makeScenes(world.certificates),
    (scene, index) => Effect.tap(ask(client, scene), (asked) => Console.log(printScene(scene, asked, index + 1)))
  )
  yield* Console.log(printSummary(outcomes))

  if (outcomes.some(({ differences }) => differences.length > 0)) return yield* new UnexpectedAnswerError()
  if (!keep) return
  yield* Console.log(printCommands(url, folder))
  yield* Effect.never
})

const reported = demo.pipe(
  Effect.scoped,
  Effect.provide(Layer.merge(NodeServices.layer, FetchHttpClient.layer)),
  Effect.tapError((error) => Console.error(`demo: ${"message" in error ? error.message : error.detail}`)),
  Effect.tapDefect((defect) => Effect.logError(defect))
)

/** With `--keep`, an interruption is the normal end. */
const teardown: Runtime.Teardown = (exit, onExit) =>
  keep && Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)
    ? onExit(0)
    : Runtime.defaultTeardown(exit, onExit)

// A closed terminal or a broken pipe ends the demo like Ctrl-C.
const stop = () => process.kill(process.pid, "SIGTERM")
process.once("SIGHUP", stop)
process.stdout.on("error", stop)

NodeRuntime.runMain(reported, { teardown, disableErrorReporting: true })
