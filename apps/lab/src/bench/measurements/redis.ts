/** Warm answers from Redis alone, with the memory of the process off: with and without a secret that seals the entries. */
import { makeRedis, type RedisServer } from "@posh/testing"
import { Effect } from "effect"
import type { Bench } from "../Bench.ts"
import { compare, warmUp } from "../compare/compare.ts"
import { toCompared } from "../compare/ratios.ts"
import { comparedOf, comparisonTable, ratioFigure } from "../compare/report.ts"
import { withServers } from "../compare/servers.ts"
import { domainOf } from "../fleet/domains.ts"
import type { Measurement } from "../Measurement.ts"
import type { Outcome } from "../Outcome.ts"
import { bareScript, startOnCore } from "../subjects/bare.ts"
import { posh } from "../subjects/posh.ts"
import type { Subject } from "../subjects/Subject.ts"

export const redis: Measurement = {
  title: "Redis alone",
  method:
    "The cache of the process is off, so each answer needs one entry of a Redis on the same machine. The bare handler gets " +
    "a value of the same length with one `GET` of ioredis.",
  run: async (bench) => {
    const open = await inRedis(bench, "Redis alone", {})
    const sealed = await inRedis(bench, "Redis alone, sealed entries", {
      POSH_CACHE_SECRET: "a secret of the bench that is long enough"
    })
    return {
      figures: [...open.figures, ...sealed.figures],
      tables: [...open.tables ?? [], ...sealed.tables ?? []]
    }
  }
}

const inRedis = (bench: Bench, title: string, env: Readonly<Record<string, string>>): Promise<Outcome> =>
  Effect.runPromise(Effect.scoped(Effect.flatMap(makeRedis(), (server) =>
    Effect.promise(async () => {
      const fleet = await bench.fleet(bench.options.medium)
      const measured = await withServers(subjectsAt(server, env), { fleet }, async (servers) => {
        await warmUp(servers, bench.effort)
        return compare(servers, bench.effort)
      })
      const compared = toCompared(measured)
      const table = comparisonTable(title, compared)
      bench.tell(table)
      return {
        figures: [
          ratioFigure(`${title}, of bare with one GET`, { least: 0.7 }, comparedOf(compared, "posh"), bareName)
        ],
        tables: [table]
      }
    }))))

const bareName = "bare, one GET"

/** The service first: the values of the other are as long as its own. */
const subjectsAt = (server: RedisServer, env: Readonly<Record<string, string>>): ReadonlyArray<Subject> => [
  posh({
    ...env,
    POSH_REDIS_URL: server.url,
    POSH_REDIS_TIMEOUT: "2s", // All cores are busy.
    POSH_CACHE_ENTRIES: "0"
  }),
  {
    name: bareName,
    start: async ({ digests }) =>
      startOnCore(bareScript("redis.ts"), {
        REDIS_URL: server.url,
        DIGESTS: digests,
        LENGTH: String(await entryLength(server))
      })
  }
]

const entryLength = async (server: RedisServer): Promise<number> => {
  const key = `posh:v1:association:{${domainOf(0)}}:xmpp-server:rfc7711`
  const length = Number(await Effect.runPromise(server.command("STRLEN", key)))
  if (length === 0) throw new Error("nothing is remembered in Redis")
  return length
}
