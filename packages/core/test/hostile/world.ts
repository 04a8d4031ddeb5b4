/**
 * Strangers under the policy of production: real names of the public DNS (answered by ours), real TLS, real sockets,
 * and a witness of every connection that this process tries to open.
 */
import {
  Behave,
  type Certificate,
  type Dns,
  fingerprintsDocument,
  makeDns,
  makeOrigins,
  type Origins,
  selfSigned
} from "@posh/testing"
import { Context, Effect, Layer, Result } from "effect"
import { HttpsFetcher, parseConnectTo, parseNetworks } from "../../src/node/index.ts"
import { defaultPolicy, type Policy } from "../../src/Policy.ts"
import { Verifier } from "../../src/Verifier.ts"
import { verify } from "../asking.ts"
import { rfcPath } from "../world/world.ts"
import { type Dial, watchDials } from "./witness.ts"

/** The web server of this world listens here and on no other address; the policy is told that it is public. */
export const web = "127.0.0.1"

export interface HostileWorld {
  readonly origins: Origins
  readonly dns: Dns
  readonly server: Certificate
  /** Every connection tried since it was last asked, but for those to the web server. */
  readonly strayDials: () => ReadonlyArray<Dial>
  /** The source domain, which is on the web server, from now on with this document or response. */
  readonly source: (behaviour: Parameters<Origins["setRoute"]>[2]) => string
}

export class World extends Context.Service<World, HostileWorld>()("posh/test/HostileWorld") {}

const sourceDomain = "source.posh-world.net"

const makeWorld = Effect.gen(function*() {
  const server = yield* selfSigned({ dnsNames: ["xmpp.posh-world.net"] })
  const good = Behave.json(fingerprintsDocument([server], { expires: 3_600 }))
  const origins = yield* makeOrigins()
  origins.setFallback(() => good)
  const dns = yield* makeDns()
  const dials = yield* watchDials
  return World.of({
    origins,
    dns,
    server,
    strayDials: () => dials.splice(0).filter(({ address }) => address !== web),
    source: (behaviour) => {
      origins.setRoute(sourceDomain, rfcPath, behaviour)
      return sourceDomain
    }
  })
})

export const layerWorld: Layer.Layer<World> = Layer.effect(World, makeWorld)

/** The verifier of production but for three things: it knows the world's root, its web server and its name server. */
export const layerVerifier = (
  policy: Partial<Policy> = {},
  allowed = `${web}/32`
): Layer.Layer<Verifier, never, World> =>
  Layer.unwrap(Effect.map(World, ({ dns, origins }) =>
    Verifier.layer({
      ...defaultPolicy,
      generations: "rfc-only",
      delegation: { ...defaultPolicy.delegation, ports: [443, origins.port] },
      // One web server has all these names.
      budgets: { ...defaultPolicy.budgets, perHostPerMinute: 1e9, perSourcePerMinute: 1e9 },
      ...policy
    }).pipe(
      Layer.provide(HttpsFetcher.layer({
        userAgent: "posh-test",
        extraCa: origins.caPem,
        dnsServers: [dns.server],
        allowNetworks: Result.getOrThrow(parseNetworks(allowed)),
        connectTo: Result.getOrThrow(parseConnectTo(`${sourceDomain}:443=${web}:${origins.port}`))
      })),
      Layer.orDie
    )))

/** Asks the network, whatever was learnt before: the code of the verdict, or of the problem. */
export const ask = (domain: string): Effect.Effect<string, never, Verifier | World> =>
  Effect.gen(function*() {
    const { server } = yield* World
    const { forget } = yield* Verifier
    yield* Effect.ignore(forget(domain, "xmpp-server"))
    return yield* Effect.match(verify({ domain, service: "xmpp-server", certificate: server.pem }), {
      onFailure: ({ code }) => code,
      onSuccess: ({ code }) => code
    })
  })
