/**
 * The whole library over real sockets: a verifier, and origins that it believes to be the Internet.
 */
import { type HostOptions, makeOrigins, type Origins } from "@posh/testing"
import { Context, Effect, Layer, Result } from "effect"
import { type EgressOptions, HttpsFetcher, parseConnectTo } from "../../src/node/index.ts"
import { defaultPolicy, type Policy } from "../../src/Policy.ts"
import { Verifier } from "../../src/Verifier.ts"

export class World extends Context.Service<World, Origins>()("posh/test/World") {}

/** Origins for `hosts`; every other name leads to the same listener. */
export const layerWorld = (hosts: Record<string, HostOptions>): Layer.Layer<World> =>
  Layer.effect(World, makeOrigins(hosts))

export const worldPolicy: Policy = { ...defaultPolicy, allowSpecialUse: true, trustDraftExamples: true }

/** A verifier that trusts the world's root and connects to the world's listeners. `connectTo` goes first. */
export const layerVerifier = (
  policy: Partial<Policy> = {},
  connectTo = "",
  egress: Partial<EgressOptions> = {}
): Layer.Layer<Verifier, never, World> =>
  Layer.unwrap(Effect.map(World, (origins) => {
    const entries = parseConnectTo([connectTo, origins.connectTo].filter((text) => text !== "").join(","))
    return Verifier.layer({ ...worldPolicy, ...policy }).pipe(
      Layer.provide(HttpsFetcher.layer({
        userAgent: "posh-test",
        extraCa: origins.caPem,
        connectTo: Result.getOrThrow(entries),
        ...egress
      })),
      Layer.orDie
    )
  }))

export const rfcPath = "/.well-known/posh/xmpp-server.json"
export const draftPath = "/.well-known/posh._xmpp-server._tcp.json"
