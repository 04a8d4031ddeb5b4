/** What an attack is, and what it may need beside a service and a key. */
import type { Effect, Scope } from "effect"
import type { HostedWorld } from "../world.ts"
import type { KnownQuestion } from "./honest.ts"

export interface Target {
  readonly port: number
  /** A question whose answer is remembered, as JSON. */
  readonly question: string
  /** Of the attacker: a caller that was let in, and turned hostile. */
  readonly key: string
  /** What the scene prepared for the attacker. */
  readonly payloads: ReadonlyArray<string>
}

export interface AttackResult {
  readonly done: number
  /** What the attacker met that no caller should meet, such as an answer that breaks off. */
  readonly faults: ReadonlyArray<string>
}

export interface Attack {
  readonly title: string
  /** What it does, for people. */
  readonly description: string
  /** Resolves after the signal has come. Plays in a thread of its own. */
  readonly run: (target: Target, signal: AbortSignal, scale: number) => Promise<AttackResult>
  /** What `done` counts. */
  readonly unit: string
  /** Hosts and a service of its own. Without it, the attack is on the service that those before it were on. */
  readonly scene?: (world: HostedWorld, scale: number) => Effect.Effect<Scene, never, Scope.Scope>
}

export interface Scene {
  /** Of the service, beside what all have. */
  readonly env?: Readonly<Record<string, string>>
  readonly payloads?: ReadonlyArray<string>
  /** Answered once before the attack begins: what is remembered by then. */
  readonly warmUp?: ReadonlyArray<KnownQuestion>
  /** Asked in turn while it goes on; default: what all attacks have. */
  readonly honest?: ReadonlyArray<KnownQuestion>
  /** Milliseconds between an honest answer and the next question; default 25. */
  readonly pauseMs?: number
  /** Whether the attack has come so far that it does harm, if it can: honest questions begin then. */
  readonly isUnderWay?: () => boolean
  readonly bounds: Bounds
  /** What else is known in the end: for the page, and what is wrong with it. */
  readonly check?: (ask: Ask, seconds: number) => Promise<CheckResult>
}

export interface Bounds {
  /** MB of RSS at the most. */
  readonly rss: number
  /** Milliseconds; 95 of 100 health checks are answered within. */
  readonly health: number
}

/** One more question, as the honest caller. */
export type Ask = (body: string) => Promise<{ readonly code?: string; readonly retryAfterMs?: number }>

export interface CheckResult {
  readonly figures: ReadonlyArray<string>
  readonly faults: ReadonlyArray<string>
}

/** A figure with its bound, and a fault where it is beyond. */
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
