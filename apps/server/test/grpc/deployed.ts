/** The service as it is deployed, over both transports and the world of the questions; and how answers of both are compared. */
import { Effect, Layer, Result } from "effect"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { layerVerifier } from "../../src/App.ts"
import { readSettings } from "../../src/config/Config.ts"
import { toEgressOptions } from "../../src/config/policy.ts"
import { fleetKeys } from "../access/world.ts"
import { Service } from "../service.ts"
import { World } from "./questions.ts"

const makeFolder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "posh-"))),
  (folder) => Effect.promise(() => rm(folder, { recursive: true }))
)

export const layerDeployed = Layer.unwrap(Effect.gen(function*() {
  const { origins } = yield* World
  const ca = join(yield* makeFolder, "ca.pem")
  yield* Effect.promise(() => writeFile(ca, origins.caPem))
  const settings = Result.getOrThrow(readSettings({
    POSH_ALLOW_SPECIAL_USE_DOMAINS: "true",
    POSH_CONNECT_TO: origins.connectTo,
    POSH_EXTRA_CA_FILE: ca
  }))
  return Service.layer(layerVerifier(settings, yield* toEgressOptions(settings)), {
    grpc: true,
    callers: fleetKeys.callers
  })
})).pipe(Layer.provideMerge(World.layer))

/** What differs between two answers to the same question, in whichever way they came. */
export const timeless = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (name, member) =>
      ["id", "ttl", "validUntil", "refreshAfter", "cache", "startedAt", "endedAt", "retryAfterMs"].includes(name)
        ? typeof member
        : member)
  )

/** A field of JSON by the name that the protocol gives it. */
export const grpcField = (field: string | undefined) =>
  field === undefined ?
    undefined :
    `question.${
      field.replace(/^chain\[/, "chain.certificates[").replace("sha-256", "sha_256")
        .replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    }`
