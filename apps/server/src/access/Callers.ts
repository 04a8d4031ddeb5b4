/**
 * Who sends this request? Known by a key, by a client certificate, or, where neither is asked for, by address.
 */
import { Api, problem, scopeOf } from "@posh/api"
import { Clock, Context, Effect, Layer, Result } from "effect"
import { HttpApi } from "effect/http-api"
import type { IncomingMessage } from "node:http"
import type { Caller } from "../Caller.ts"
import { docsPaths } from "../http/docs.ts"
import type { Refusal } from "../http/Gate.ts"
import { networkOf } from "../limits/network.ts"
import { certificateCaller } from "./certificateCaller.ts"
import type { Keys } from "./Key.ts"
import { makeKeyRing } from "./KeyRing.ts"
import { followKeys, type KeySettings } from "./keysSource.ts"

/** What callers are known by. Neither: everybody may everything. */
export interface Guard {
  /** As they are at the start. */
  readonly keys?: Keys
  /** Is every connection that of a client whose certificate was checked? */
  readonly byCertificate: boolean
}

export class Callers extends Context.Service<Callers, {
  readonly identify: (request: IncomingMessage) => Result.Result<Caller, Refusal>
}>()("posh/server/access/Callers") {
  /** Everybody who reaches the listener. */
  static readonly layerAnyone = Layer.succeed(Callers, { identify: (request) => Result.succeed(anyone(request)) })

  /** Those whom the operator knows. */
  static readonly layer = (settings: KeySettings, { byCertificate, keys }: Guard): Layer.Layer<Callers> =>
    keys === undefined && !byCertificate ? Callers.layerAnyone : Layer.effect(
      Callers,
      Effect.gen(function*() {
        const clock = yield* Clock.Clock
        let ring = makeKeyRing(keys ?? [])
        yield* followKeys(settings, keys ?? [], (changed) => ring = makeKeyRing(changed))
        return Callers.of({
          identify: (request) => {
            const token = bearerToken(request)
            const known = token === undefined
              ? byCertificate ? certificateCaller(request.socket, clock.currentTimeMillisUnsafe()) : undefined
              : ring(token)
            if (known !== undefined) return Result.succeed(known)
            return isOpen(request) ? Result.succeed(stranger(request)) : Result.fail(unauthorized(token !== undefined))
          }
        })
      })
    )
}

/** Told apart by the network that they ask from. */
const anyone = (request: IncomingMessage): Caller => ({ ...stranger(request), name: "anyone", scope: "admin" })

const stranger = ({ socket }: IncomingMessage): Caller => ({
  name: "unknown",
  account: `network ${networkOf(socket.remoteAddress ?? "")}`
})

/** What stands in `Authorization: Bearer` (RFC 6750 §2.1; the name of the scheme in any case, RFC 9110 §11.1). */
const bearerToken = ({ headers: { authorization } }: IncomingMessage): string | undefined =>
  authorization === undefined ? undefined : /^bearer +(.*)$/i.exec(authorization)?.[1]

/**
 * Paths that need no key, whatever the method. They are compared as they are written: another spelling that the router
 * would also take is not open, and what a scope guards asks for it again where the router has decided (`Access`).
 */
const isOpen = ({ url = "" }: IncomingMessage): boolean => openPaths.has(url.split(/[?#]/, 1)[0] ?? "")

const openPaths: ReadonlySet<string> = (() => {
  const paths = new Set<string>([...docsPaths, "/metrics"])
  HttpApi.reflect(Api, {
    onGroup: () => {},
    onEndpoint: ({ endpoint }) => {
      if (scopeOf(endpoint) === undefined) paths.add(endpoint.path)
    }
  })
  return paths
})()

/** RFC 6750 §3: what is wrong with a key is told to who gave one. */
const unauthorized = (hasToken: boolean): Refusal =>
  hasToken
    ? {
      problem: problem("Unauthorized", "The key is not known here."),
      headers: [
        "www-authenticate",
        `${challenge}, error="invalid_token", error_description="The key is not known here"`
      ]
    }
    : {
      problem: problem("Unauthorized", "Send a key of this service as Authorization: Bearer."),
      headers: ["www-authenticate", challenge]
    }

/** RFC 6750 wants at least one parameter. */
export const challenge = `Bearer realm="posh"`
