/**
 * Secrets whose files may change while the service runs. Who uses one asks for its current value each time, or is told of
 * a change.
 */
import { Context, Effect, Equal, Layer, Option, type Scope } from "effect"
import { watchFiles } from "../process/watchFiles.ts"
import { moveFault } from "../redis/Servers.ts"
import { contradictionsOf } from "./Config.ts"
import { readSecret, type SecretKey, secretKeys, secretSources } from "./secretSources.ts"
import type { Variable } from "./Variable.ts"
import { type Settings, variables } from "./variables.ts"

/** A value that may be another one later. */
export interface Secret<A> {
  readonly current: () => A
  /** Runs after each change, one run after the other. */
  readonly onChange: (handle: Effect.Effect<void>) => void
}

export class Secrets extends Context.Service<Secrets, { readonly [K in SecretKey]: Secret<Settings[K]> }>()(
  "posh/server/config/Secrets"
) {
  /** Watches the files that the settings name. */
  static readonly layer = (settings: Settings): Layer.Layer<Secrets> =>
    Layer.effect(
      Secrets,
      Effect.map(
        Effect.forEach(secretKeys, (key) => Effect.map(follow(key, settings), (secret) => [key, secret] as const)),
        // Keys and types are those of the settings.
        (secrets) => Secrets.of(Object.fromEntries(secrets) as unknown as Secrets["Service"])
      )
    )
}

/** The secret that is followed where somebody follows it, else the value that was read at the start. */
export const secretOf = <K extends SecretKey>(key: K, value: Settings[K]): Effect.Effect<Secret<Settings[K]>> =>
  Effect.map(
    Effect.serviceOption(Secrets),
    (found): Secret<Settings[K]> => Option.isSome(found) ? found.value[key] : constant(value)
  )

export const constant = <A>(value: A): Secret<A> => ({ current: () => value, onChange: () => undefined })

/** What is made of a secret, made anew only when the secret has changed. */
export const derive = <A, B>({ current }: Pick<Secret<A>, "current">, make: (value: A) => B): () => B => {
  const first = current()
  const state = { from: first, made: make(first) }
  return () => {
    const from = current()
    if (from !== state.from) Object.assign(state, { from, made: make(from) })
    return state.made
  }
}

const follow = <K extends SecretKey>(
  key: K,
  settings: Settings
): Effect.Effect<Secret<Settings[K]>, never, Scope.Scope> => {
  const path = settings[secretSources[key]]
  if (path === undefined) return Effect.succeed(constant(settings[key]))
  const row: Variable<Settings[K]> = variables[key] as Variable<unknown> as Variable<Settings[K]>
  const name = variables[secretSources[key]].name
  const state = { value: settings[key], handlers: [] as Array<Effect.Effect<void>> }
  const renew = Effect.gen(function*() {
    const text = yield* readSecret(path)
    const value = yield* Effect.fromResult(row.parse(text))
    const changed: Settings = { ...settings, [key]: value }
    const [contradiction] = contradictionsOf(changed)
    const fault = contradiction?.replace(`${row.name}: `, "") ?? moveFault(settings.redisUrl, changed.redisUrl)
    if (fault !== undefined) return yield* Effect.fail(fault)
    if (Equal.equals(value, state.value)) return
    state.value = value
    yield* Effect.logInfo(`${name}: has a new value`)
    yield* Effect.forEach(state.handlers, (handle) => handle, { discard: true })
  }).pipe(Effect.mapError((fault) => `${name}: ${fault}; the value stays as it was`))
  return Effect.as(watchFiles([path], renew, name), {
    current: () => state.value,
    onChange: (handle) => void state.handlers.push(handle)
  })
}
