/** The interface of an attack, and of the scene that it may need. */
import type { Effect, Scope } from "effect"
import type { KnownQuestion } from "./honest.ts"
import type { HostedWorld } from "./world.ts"

export interface Target {
  readonly port: number
  /** A question whose answer is cached, as JSON. */
  readonly question: string
  /** The attacker's API key: it is an authorised caller. */
  readonly key: string
  /** Request bodies that the scene prepared. */
  readonly payloads: ReadonlyArray<string>
}

export interface AttackResult {
  readonly done: number
  /** Faults that the attacker observed and no caller should, such as a truncated answer. */
  readonly faults: ReadonlyArray<string>
}

export interface Attack {
  readonly title: string
  /** For the page: what the attacker does. */
  readonly description: string
  /** Resolves after the signal. Runs in a worker thread. */
  readonly run: (target: Target, signal: AbortSignal, scale: number) => Promise<AttackResult>
  /** The unit of `done`. */
  readonly unit: string
  /** Hosts and a service of its own. Without one, the attack uses the service of the attacks before it. */
  readonly scene?: (world: HostedWorld, scale: number) => Effect.Effect<Scene, never, Scope.Scope>
}

export interface Scene {
  /** Additional environment of the service. */
  readonly env?: Readonly<Record<string, string>>
  readonly payloads?: ReadonlyArray<string>
  /** Asked once before the attack, so that their answers are cached. */
  readonly warmUp?: ReadonlyArray<KnownQuestion>
  /** Asked in turn during the attack. Default: the common ones. */
  readonly honest?: ReadonlyArray<KnownQuestion>
  /** Milliseconds between an honest answer and the next question. Default 25. */
  readonly pauseMs?: number
  /** True once the attack has its full effect; honest questions begin then. */
  readonly isUnderWay?: () => boolean
  readonly bounds: Bounds
  /** Further checks after the attack. */
  readonly check?: (ask: Ask, seconds: number) => Promise<CheckResult>
}

export interface Bounds {
  /** Maximum RSS in MB. */
  readonly rss: number
  /** Maximum p95 of health checks in milliseconds. */
  readonly health: number
}

/** Asks one question as the honest caller. */
export type Ask = (body: string) => Promise<{ readonly code?: string; readonly retryAfterMs?: number }>

export interface CheckResult {
  readonly figures: ReadonlyArray<string>
  readonly faults: ReadonlyArray<string>
}

/** A figure with its bound, and a fault if it exceeds the bound. */
export const atMost = (what: string, figure: number, bound: number): CheckResult => ({
  figures: [`${what}: ${figure} (bound: ${bound})`],
  faults: figure <= bound ? [] : [`${what}: ${figure}, more than ${bound}`]
})

export const expectCode = (what: string, code: string | undefined, expected: string): CheckResult => ({
  figures: [`${what}: \`${code}\``],
  faults: code === expected ? [] : [`${what}: ${code} in place of ${expected}`]
})

export const combine = (...checkResults: ReadonlyArray<CheckResult>): CheckResult => ({
  figures: checkResults.flatMap(({ figures }) => figures),
  faults: checkResults.flatMap(({ faults }) => faults)
})
