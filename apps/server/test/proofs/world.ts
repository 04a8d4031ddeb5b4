/** A service over real HTTPS whose roots of PKIX are a test CA's, and domains in every state of POSH. */
import { assert } from "@effect/vitest"
import type { Answer } from "@posh/api"
import { Behave, fingerprintsDocument, issue, makeOrigins, rootCa, selfSigned } from "@posh/testing"
import { Context, Effect, Layer, Result, type Scope } from "effect"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { layerVerifier } from "../../src/App.ts"
import { readSettings } from "../../src/config/Config.ts"
import { toEgressOptions } from "../../src/config/policy.ts"
import { Service } from "../service.ts"

const path = "/.well-known/posh/xmpp-server.json"

/** What a domain publishes, in its name. */
export const domains = ["vouches", "contradicts", "silent", "broken", "down", "hosted"] as const
export type DomainName = typeof domains[number]

const makeWorld = Effect.gen(function*() {
  const root = yield* rootCa()
  const intermediate = yield* issue(root, { subject: "CN=Test Intermediate", ca: true, pathLength: 0 })
  const names = [...domains.map((name) => `${name}.example`), "unlisted.example"]
  const trusted = yield* issue(intermediate, { dnsNames: names })
  const elsewhere = yield* issue(intermediate, { dnsNames: ["elsewhere.example"] })
  const unknown = yield* selfSigned({ dnsNames: names })
  const expired = yield* issue(intermediate, { dnsNames: names, notAfter: new Date(Date.now() - 60_000) })
  const other = yield* selfSigned()
  const document = (...certificates: Parameters<typeof fingerprintsDocument>[0]) =>
    Behave.json(fingerprintsDocument(certificates, { expires: 3_600 }))
  const origins = yield* makeOrigins({
    "vouches.example": { routes: { [path]: document(trusted, unknown, elsewhere, expired) } },
    "hosted.example": { routes: { [path]: document(elsewhere) } },
    "contradicts.example": { routes: { [path]: document(other) } },
    "silent.example": { routes: { [path]: Behave.status(404) } },
    "broken.example": { routes: { [path]: Behave.text("{") } },
    "down.example": { routes: { [path]: Behave.status(503) } }
  })
  return { root, intermediate, trusted, elsewhere, unknown, expired, other, origins }
})

export class World extends Context.Service<World, Effect.Success<typeof makeWorld>>()("posh/server/test/proofs/World") {
  static readonly layer = Layer.effect(World, makeWorld)
}

/** A file for as long as the scope lasts. */
export const makeFile = (content: string) =>
  Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "posh-proofs-"))),
    (folder) => Effect.promise(() => rm(folder, { recursive: true }))
  ).pipe(
    Effect.map((folder) => join(folder, "roots.pem")),
    Effect.tap((file) => Effect.promise(() => writeFile(file, content)))
  )

type Environment = Readonly<Record<string, string>>

/** The service with these settings. */
export const layerDeployed = (env: Environment = {}) => layerDeployedBy(() => Effect.succeed(env))

interface Files {
  /** Trusts the origins. */
  readonly extraCaFile: string
}

/** The service with settings that depend on the world. */
export const layerDeployedBy = <R = never>(
  envOf: (world: World["Service"], files: Files) => Effect.Effect<Environment, never, R | Scope.Scope>,
  options: Parameters<typeof Service.layer>[1] = {}
) =>
  Layer.unwrap(Effect.gen(function*() {
    const world = yield* World
    const { origins, root } = world
    const extraCaFile = yield* makeFile(origins.caPem)
    const settings = Result.getOrThrow(readSettings({
      POSH_ALLOW_SPECIAL_USE_DOMAINS: "true",
      POSH_CONNECT_TO: origins.connectTo,
      POSH_EXTRA_CA_FILE: extraCaFile,
      POSH_PKIX_ROOTS: yield* makeFile(root.pem),
      ...(yield* envOf(world, { extraCaFile }))
    }))
    return Service.layer(layerVerifier(settings, yield* toEgressOptions(settings)), options)
  })).pipe(Layer.provideMerge(World.layer))

export const post = (question: object) =>
  Effect.flatMap(Service, ({ post }) => post("/v1/verify", { service: "xmpp-server", ...question }))

export const ask = (question: object) =>
  Effect.map(post(question), ({ json, status, text }) => {
    assert.strictEqual(status, 200, text)
    return json as Answer
  })

/** `prooftype verdict code`, of each. */
export const saidOf = ({ proofs = [] }: Answer) =>
  proofs.map(({ code, prooftype, verdict }) => `${prooftype} ${verdict} ${code}`)
