/**
 * What the recipes of the guides meet: domains that vouch or not, the service as it is deployed (HTTPS with a CA of its own,
 * keys), and files that its callers have.
 */
import { Behave, daysFromNow, fingerprintsDocument, issue, makeOrigins, rootCa, selfSigned } from "@posh/testing"
import { Context, Effect, Layer, Redacted, Result } from "effect"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Callers } from "../../src/access/Callers.ts"
import { makeKey } from "../../src/access/Key.ts"
import { layerVerifier } from "../../src/App.ts"
import { readSettings } from "../../src/config/Config.ts"
import { toEgressOptions } from "../../src/config/policy.ts"
import { Service } from "../service.ts"

export const domain = "hosted.example"
export const service = "xmpp-server"

const makeCertificates = Effect.gen(function*() {
  const publicCa = yield* rootCa({ subject: "CN=Public CA" })
  const intermediate = yield* issue(publicCa, { ca: true, subject: "CN=Intermediate" })
  const fleetCa = yield* rootCa({ subject: "CN=Fleet CA" })
  const strangeCa = yield* rootCa({ subject: "CN=Strange CA" })
  const server = { dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"] }
  return {
    publicCa,
    fleetCa,
    peers: {
      /** Good by itself: a path to a public CA, and the name. */
      named: yield* issue(intermediate, { dnsNames: [domain] }),
      /** The domain vouches for these three. */
      hosting: yield* issue(intermediate, { dnsNames: ["hosting.example"] }),
      alone: yield* selfSigned({ dnsNames: ["hosting.example"] }),
      expired: yield* issue(intermediate, {
        dnsNames: ["hosting.example"],
        notBefore: daysFromNow(-9),
        notAfter: daysFromNow(-1)
      }),
      /** And for none of these. */
      stranger: yield* issue(intermediate, { dnsNames: ["stranger.example"] }),
      pretender: yield* selfSigned({ dnsNames: [domain] }),
      expiredNamed: yield* issue(intermediate, {
        dnsNames: [domain],
        notBefore: daysFromNow(-9),
        notAfter: daysFromNow(-1)
      })
    },
    services: {
      ours: yield* issue(fleetCa, server),
      foreign: yield* issue(strangeCa, server),
      publicly: yield* issue(publicCa, server),
      otherName: yield* issue(fleetCa, { dnsNames: ["other.example"] })
    }
  }
})

export type PeerName = keyof Effect.Success<typeof makeCertificates>["peers"]

const makeFolder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "posh-recipes-"))),
  (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true }))
)

const makeWorld = Effect.gen(function*() {
  const certificates = yield* makeCertificates
  const { alone, expired, hosting } = certificates.peers
  const document = fingerprintsDocument([hosting, alone, expired], { expires: 3_600 })
  const origins = yield* makeOrigins({
    [domain]: { routes: { "/.well-known/posh/xmpp-server.json": Behave.json(document) } }
  })
  const folder = yield* makeFolder
  const { entry, secret } = makeKey("recipes", "verify")
  const write = (name: string, text: string) =>
    Effect.as(Effect.promise(() => writeFile(join(folder, name), text)), join(folder, name))
  const files = {
    publicCa: yield* write("public.pem", certificates.publicCa.pem),
    fleetCa: yield* write("fleet.pem", certificates.fleetCa.pem),
    originsCa: yield* write("origins.pem", origins.caPem),
    key: yield* write("key", `${Redacted.value(secret)}\n`),
    wrongKey: yield* write("wrong-key", "this-is-no-key-of-the-service\n")
  }
  return { ...certificates, entry, files, folder, key: Redacted.value(secret), origins }
})

export class World
  extends Context.Service<World, Effect.Success<typeof makeWorld>>()("posh/server/test/recipes/World")
{
  static readonly layer = Layer.effect(World, makeWorld)
}

/** The service over HTTPS, for callers with a key. */
const layerService = Layer.unwrap(Effect.gen(function*() {
  const { entry, files, origins, services } = yield* World
  const settings = Result.getOrThrow(readSettings({
    POSH_ALLOW_SPECIAL_USE_DOMAINS: "true",
    POSH_CONNECT_TO: origins.connectTo,
    POSH_EXTRA_CA_FILE: files.originsCa,
    POSH_PKIX_ROOTS: files.publicCa
  }))
  return Service.layer(layerVerifier(settings, yield* toEgressOptions(settings)), {
    callers: Callers.layer({ apiKeys: [entry], apiKeysFile: undefined }, { keys: [entry], byCertificate: false }),
    tls: { cert: services.ours.pem, key: Redacted.make(services.ours.keyPem) }
  })
}))

/** It knows already what the domain publishes: on a busy machine, the first question takes long. */
const layerWarm = Layer.effectDiscard(Effect.gen(function*() {
  const { fleetCa, key } = yield* World
  const { ask } = yield* Service
  const asked = { headers: { authorization: `Bearer ${key}` }, tls: { ca: fleetCa.pem } }
  const isThere = ({ text }: { readonly text: string }) => text.includes(`"state":"material"`)
  yield* ask(`/v1/associations/${domain}/${service}`, asked).pipe(Effect.repeat({ until: isThere, times: 10 }))
}))

export const layerDeployed = layerWarm.pipe(Layer.provideMerge(layerService), Layer.provideMerge(World.layer))
