/**
 * Access to the operations listener: without authentication, because probes have neither keys nor certificates; but not for
 * web pages of other origins.
 */
import { problem } from "@posh/api"
import { Result } from "effect"
import { defaultOpsHost, isLoopback } from "../config/Config.ts"
import type { Settings } from "../config/variables.ts"
import type { Caller } from "../service/Caller.ts"
import { networkOf } from "../service/limits/network.ts"
import type { AccessFault } from "./AccessFault.ts"
import type { CallerFacts } from "./CallerFacts.ts"
import { isThisMachine } from "./thisMachine.ts"

/** A caller without a scope. On a loopback address, `Host` must be a name of this machine (DNS rebinding). */
export const identifyOperator =
  ({ auth, opsHost = defaultOpsHost }: Pick<Settings, "auth" | "opsHost">) =>
  (facts: CallerFacts): Result.Result<Caller, AccessFault> => {
    if (isLoopback(opsHost) && auth !== "none" && !facts.authorities.every(isThisMachine)) return Result.fail(otherName)
    if (facts.isForeign) return Result.fail(otherOrigin)
    return Result.succeed({ name: "operator", account: `network ${networkOf(facts.address)}` })
  }

const otherName: AccessFault = {
  problem: problem(
    "Forbidden",
    "On a loopback address this listener answers to localhost, 127.0.0.1 and [::1] alone; POSH_OPS_HOST moves it."
  )
}

const otherOrigin: AccessFault = { problem: problem("Forbidden", "A page of another origin asks.") }
