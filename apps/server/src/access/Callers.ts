/**
 * Who sends this request? Known by a key, by a client certificate, or, where neither is asked for, by address.
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

/** What callers are known by. Neither: everybody may everything who asks this machine by its own names. */
export interface Guard {
  /** As they are at the start. */
  readonly keys?: Keys
  /** Is every connection that of a client whose certificate was checked? */
  readonly byCertificate: boolean
}

export class Callers extends Context.Service<Callers, {
  readonly identify: (facts: CallerFacts) => Result.Result<Caller, AccessFault>
}>()("posh/server/access/Callers") {
  /** Everybody who reaches the listener, by whatever name (`POSH_AUTH=none`). No page of another origin. */
  static readonly layerAnyone = Layer.succeed(Callers, { identify: (facts) => unlessForeign(facts, anyone) })

  /**
   * Everybody on this machine. A name that is made to lead here (DNS rebinding) makes a page of its own origin, so the
   * name by which the service is asked has to be one that nobody else can have.
   */
  static readonly layerThisMachine = Layer.succeed(Callers, {
    identify: (facts) => facts.authorities.every(isThisMachine) ? unlessForeign(facts, anyone) : Result.fail(otherName)
  })

  /** Those whom the operator knows. */
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
 * Who is known without a key is known by what a browser adds by itself, so a page of any other site could have it ask
 * in the caller's name.
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

/** Told apart by the network that they ask from. */
const anyone = (facts: CallerFacts): Caller => ({ ...unknownCaller(facts), name: "anyone", scope: "admin" })

const unknownCaller = ({ address }: CallerFacts): Caller => ({
  name: "unknown",
  account: `network ${networkOf(address)}`
})

/** What stands in `Authorization: Bearer` (RFC 6750 §2.1; the name of the scheme in any case, RFC 9110 §11.1). */
const bearerToken = ({ authorization }: CallerFacts): string | undefined =>
  authorization === undefined ? undefined : /^bearer +(.*)$/i.exec(authorization)?.[1]

/** RFC 6750 wants at least one parameter. */
export const challenge = `Bearer realm="posh"`

/** RFC 6750 §3: what is wrong with a key is told to who gave one. */
const unauthorized = (token: string | undefined): AccessFault =>
  token === undefined ? keyless : isKeyText(token) ? unknownKey : unusableKey

const keyless: AccessFault = {
  problem: problem("Unauthorized", "Send a key of this service as Authorization: Bearer."),
  challenge
}

const refusedKey = (text: string): AccessFault => ({
  problem: problem("Unauthorized", `${text}.`),
  challenge: `${challenge}, error="invalid_token", error_description="${text}"`
})

const unknownKey = refusedKey("The key is not known here")
const { least, most } = keyLimits.keyCharacters
const unusableKey = refusedKey(`This is no key: a key is ${least} to ${most} visible ASCII characters`)
