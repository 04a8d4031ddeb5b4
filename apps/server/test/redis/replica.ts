/** A replica's shared cache as the service composes it, with its log, readiness and metrics. */
import { AssociationStore } from "@posh/core/cache"
import { Context, Effect, Layer, Logger } from "effect"
import type { Environment } from "../../src/config/Config.ts"
import { loadSettings } from "../../src/config/loadSettings.ts"
import { toPolicy } from "../../src/config/policy.ts"
import { Secrets } from "../../src/config/Secrets.ts"
import { layerShared } from "../../src/redis/SharedCache.ts"
import { Readiness } from "../../src/service/Readiness.ts"
import { makeMetrics, Metrics } from "../../src/telemetry/Metrics.ts"

/** A line of the log: message, level and annotations. */
export interface Line {
  readonly message: string
  readonly level: string
  readonly annotations: Readonly<Record<string, string>>
}

export const replica = (env: Environment) =>
  Effect.gen(function*() {
    const lines: Array<Line> = []
    const logger = Logger.map(Logger.formatJson, (line) => {
      const { annotations, level, message } = JSON.parse(line)
      lines.push({ message: String(message), level, annotations })
    })
    const metrics = makeMetrics()
    const settings = yield* Effect.orDie(loadSettings(env))
    const redis = settings.redisUrl ?? (yield* Effect.die("no Redis"))
    const context = yield* Layer.build(
      Layer.mergeAll(layerShared(settings, redis, toPolicy(settings)), Readiness.layer).pipe(
        Layer.provide(Secrets.layer(settings)),
        Layer.provide([Layer.succeed(Metrics, metrics), Logger.layer([logger])])
      )
    )
    const readiness = Context.get(context, Readiness)
    yield* readiness.become("ready")
    const gauge = (name: string) =>
      Effect.map(metrics.text, (text) => Number(new RegExp(`^${name} (\\S+)`, "m").exec(text)?.[1]))
    return {
      lines,
      store: Context.get(context, AssociationStore),
      state: readiness.state,
      refused: gauge("posh_redis_refused_commands"),
      channelUp: gauge("posh_fleet_channel_up")
    }
  })

/** Polls until the check succeeds, for 15 s. */
export const until = (what: string, check: Effect.Effect<boolean, unknown>) =>
  Effect.sleep("20 millis").pipe(
    Effect.andThen(Effect.orDie(check)),
    Effect.repeat({ until: (yes) => yes }),
    Effect.timeoutOrElse({
      duration: "15 seconds",
      orElse: () => Effect.die(new Error(`not within 15 s: ${what}`))
    })
  )

/** Lines with this message, as `annotation=value` of those asked for. */
export const said = (lines: ReadonlyArray<Line>, message: string, ...names: ReadonlyArray<string>) =>
  lines.filter((line) => line.message === message).map(({ annotations }) =>
    names.map((name) => annotations[name]).join(" | ")
  )
