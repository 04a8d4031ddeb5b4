/**
 * Authentication of callers: by key, by client certificate, or by address if neither is configured.
 */
import { problem } from "@posh/api"
import { Clock, Context, Effect, Layer, Result } from "effect"
import type { Settings } from "../config/variables.ts"
import type { Caller } from "../service/Caller.ts"
import { networkOf } from "../service/limits/network.ts"
import type { AccessFault } from "./AccessFault.ts"
import type { CallerFacts } from "./CallerFacts.ts"
import { certificateCaller } from "./certificateCaller.ts"
import { isKeyText, keyLimits, type Keys } from "./Key.ts"
import { makeKeyRing } from "./KeyRing.ts"
import { followKeys, type KeySettings } from "./keysSource.ts"
import { isThisMachine } from "./thisMachine.ts"

/** How callers authenticate. With neither, every caller is admin, but only under a loopback name. */
export interface Guard {
  /** The keys at the start. */
  readonly keys?: Keys
  /** TLS requires a verified client certificate. */
  readonly byCertificate: boolean
}

export class Callers extends Context.Service<Callers, {
  readonly identify: (facts: CallerFacts) => Result.Result<Caller, AccessFault>
}>()("posh/server/access/Callers") {
  /** Every caller, under any name (`POSH_AUTH=none`), except web pages of another origin. */
  static readonly layerAnyone = Layer.succeed(Callers, { identify: (facts) => unlessForeign(facts, anyone) })

  /**
   * Every caller on this machine. With DNS rebinding, a foreign page has the same origin as the service. So the request
   * must use a name that DNS cannot rebind: `localhost` or a loopback address. A proxy on this machine may use such a name
   * for callers from elsewhere.
   */
  static readonly layerThisMachine = Layer.succeed(Callers, {
    identify: (facts) => {
      if (!facts.authorities.every(isThisMachine)) return Result.fail(otherName)
      return facts.isRelayed ? Result.fail(otherMachine) : unlessForeign(facts, anyone)
    }
  })

  /** With keys or client certificates: callers that the operator configured. */
  static readonly layer = (
    settings: KeySettings & { readonly auth?: Settings["auth"] },
    { byCertificate, keys }: Guard
  ): Layer.Layer<Callers> =>
    keys === undefined && !byCertificate
      ? settings.auth === "none" ? Callers.layerAnyone : Callers.layerThisMachine
      : Layer.effect(
        Callers,
        Effect.gen(function*() {
          const clock = yield* Clock.Clock
          let ring = makeKeyRing(keys ?? [])
          yield* followKeys(settings, keys ?? [], (changed) => ring = makeKeyRing(changed))
          return Callers.of({
            identify: (facts) => {
              const token = bearerToken(facts)
              if (token !== undefined) {
                const known = ring(token)
                if (known !== undefined) return Result.succeed(known)
              } else if (byCertificate) {
                const { peer } = facts
                const known = peer === undefined
                  ? undefined
                  : certificateCaller(peer, clock.currentTimeMillisUnsafe())
                if (known !== undefined) return unlessForeign(facts, () => known)
              }
              return facts.isOpen ? Result.succeed(unknownCaller(facts)) : Result.fail(unauthorized(token))
            }
          })
        })
      )
}

/**
 * Against CSRF: browsers send client certificates by themselves, so without a key a page of another origin could send
 * requests as the caller.
 */
const unlessForeign = (
  facts: CallerFacts,
  known: (facts: CallerFacts) => Caller
): Result.Result<Caller, AccessFault> => facts.isForeign ? Result.fail(otherOrigin) : Result.succeed(known(facts))

const otherOrigin: AccessFault = { problem: problem("Forbidden", "A page of another origin asks, and has no key.") }

const otherName: AccessFault = {
  problem: problem(
    "Forbidden",
    "Without keys the service answers to localhost, 127.0.0.1 and [::1] alone; POSH_AUTH=none allows other names."
  )
}

const otherMachine: AccessFault = {
  problem: problem(
    "Forbidden",
    "Without keys the service answers to this machine alone, and a proxy relayed this; POSH_AUTH=none allows proxies."
  )
}

/** The account is the network of the address. */
const anyone = (facts: CallerFacts): Caller => ({ ...unknownCaller(facts), name: "anyone", scope: "admin" })

const unknownCaller = ({ address }: CallerFacts): Caller => ({
  name: "unknown",
  account: `network ${networkOf(address)}`
})

/** The token of `Authorization: Bearer` (RFC 6750 §2.1; the scheme is case-insensitive, RFC 9110 §11.1). */
const bearerToken = ({ authorization }: CallerFacts): string | undefined =>
  authorization === undefined ? undefined : /^bearer +(.*)$/i.exec(authorization)?.[1]

/** RFC 6750 §3 requires at least one parameter. */
export const challenge = `Bearer realm="posh"`

/** RFC 6750 §3: without a token, the challenge has no error code. */
const unauthorized = (token: string | undefined): AccessFault =>
  token === undefined ? keyless : isKeyText(token) ? unknownKey : unusableKey

const keyless: AccessFault = {
  problem: problem("Unauthorized", "Send a key of this service as Authorization: Bearer."),
  challenge
}

const refusedKey = (text: string): AccessFault => ({
  problem: problem("Unauthorized", `${text}.`),
  challenge: `${challenge}, error="invalid_token", error_description="${text}"`,
  isRefusedKey: true
})

const unknownKey = refusedKey("The key is not known here")
const { least, most } = keyLimits.keyCharacters
const unusableKey = refusedKey(`This is no key: a key is ${least} to ${most} visible ASCII characters`)
