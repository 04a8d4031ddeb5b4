/**
 * The page docs/reference/simulation.md. Pure.
 */
import { table } from "../table.ts"
import { toDays } from "./days.ts"
import type { Report } from "./report.ts"
import { usualWorld } from "./Scenario.ts"
import { count, figure, percent, toSummary } from "./summary.ts"

export type Named = ReadonlyArray<readonly [name: string, report: Report]>

export interface PageParts {
  readonly usual: Named
  readonly days: Named
  readonly byRate: Named
  readonly byDomains: Named
  readonly shared: Named
  readonly unshared: Named
  readonly large: Named
  readonly byOutage: Named
  readonly coldStart: Named
  readonly mistaken: Named
}

export const toPage = (
  { byDomains, byOutage, byRate, coldStart, days, large, mistaken, shared, unshared, usual }: PageParts
): string =>
  `# Simulation

<!-- Made by \`npm run simulate -- series\` from apps/lab/src/simulate. Do not edit. -->

What a fleet does in a day or more, in a world without a network: the verifier, the caches, the flights and the fleet are those of the
service, over a virtual clock. Redis and the web servers are simulated. [Capacity](../guides/capacity.md) says how to use the
figures, [the decision](../decisions/simulation.md) what is real and what is not.

The world has ${
    count(usualWorld.domains)
  } domains if nothing else is said, asked about by Zipf's law with exponent ${usualWorld.exponent}. Of them
${
    Object.entries(usualWorld.shares).map(([kind, share]) => `${percent(share)} are \`${kind}\``).join(", ")
  }. \`expires\` is ${
    usualWorld.lifetimes.map(([seconds, share]) => `${seconds / 3_600} h for ${percent(share)}`).join(", ")
  }. ${usualWorld.providers} providers host the \`hosted\`. Each replica has the defaults of the service. Figures are of a
sample of the domains, scaled to all: of all questions, *simulated* says how many ran. The second columns of
[a day](#a-day) and [a large fleet](#a-large-fleet) are of another sample, with other questions: what differs there is chance.

## A day

A fleet of 4 replicas with Redis, which has run for 12 hours, gets 100 questions a second.

${toSummary(usual)}

## Several days

The same fleet, from a start with nothing, until material of all lifetimes has been renewed. ${simulatedOf(days)}

${dayTable(days)}

## By the rate of questions

Four replicas with Redis. The figures are of 12 hours after 12 hours, of 5 after 5, and of one after one.

![Where answers come from, by the rate of questions](simulation/tiers-by-rate.svg)

${toSummary(byRate)}

## By the number of domains

1,000 questions a second for four replicas with Redis, for an hour after an hour. The rate is that of all domains, so each of
more domains is asked about less often; with the same rate for each domain, figures grow with the number of domains.

![Where answers come from, by the number of domains](simulation/tiers-by-domains.svg)

${toSummary(byDomains)}

## By the number of replicas

1,000 questions a second for the whole fleet, shared at random, for half an hour after half an hour. ${
    simulatedOf([...shared, ...unshared])
  }

![Requests to origins, by the number of replicas](simulation/requests-by-replicas.svg)

![Commands to Redis, by the number of replicas](simulation/redis-by-replicas.svg)

${
    table(
      [
        "replicas",
        "from memory",
        "from Redis",
        "requests/s to origins",
        "without Redis",
        "Redis commands/s",
        "idle",
        "messages/s"
      ],
      shared.map(([name, report], index) => [
        name,
        percent(report.answers.tiers.memory),
        percent(report.answers.tiers.redis),
        figure(report.requests.perSecond),
        figure(unshared[index]?.[1].requests.perSecond ?? Number.NaN),
        figure(report.redis.perSecond),
        figure(report.redis.idlePerSecond),
        figure(report.redis.messagesPerSecond)
      ])
    )
  }

## A large fleet

100 replicas with Redis and ten million domains get 20,000 questions a second, from a start with nothing. Each replica has room
for 1,000,000 entries (\`POSH_CACHE_ENTRIES\`) of each kind. ${simulatedOf(large)} ${spreadOf(large)}

${dayTable(large)}

In all three days:

${toSummary(large)}

## In an outage

Four replicas with Redis get 100 questions a second. After 80 minutes something fails.

![Answers that are "don't know", over time](simulation/outages.svg)

${
    table(
      ["What fails", "wrong", "don't know meanwhile", "otherwise", "verified by grace", "requests/s to origins"],
      byOutage.map(([name, { answers, calm, during, requests }]) => {
        const [outage] = during
        return [
          name,
          count(answers.wrong),
          percent((outage?.answers.lost ?? 0) / Math.max(1, outage?.answers.simulated ?? 0)),
          percent(calm.lost / Math.max(1, calm.simulated)),
          count(answers.byGrace),
          figure(requests.perSecond)
        ]
      })
    )
  }

## A start with nothing

1,000 questions a second, in the first minute of a fleet, where one provider hosts all that is hosted. Each process
sends a site 600 requests a minute at most; what would wait longer than an attempt may take is \`RateLimitedLocally\`.

${
    table(
      ["replicas", "don't know", "`RateLimitedLocally`", "requests/s to the provider"],
      coldStart.map(([name, { answers, requests }]) => [
        name,
        percent(answers.lost / answers.simulated),
        percent((answers.unknown["RateLimitedLocally"] ?? 0) / answers.simulated),
        figure(requests.providers.mostPerSecond)
      ])
    )
  }

## A domain that publishes another certificate

One domain that publishes another certificate than its server presents, asked about 100 times a minute. A mismatch asks the domain
again once a minute; each replica counts for itself.

${
    table(
      ["replicas", "requests a minute to the domain", "Redis commands for a question"],
      mistaken.map(([name, { redis, requests }]) => [
        name,
        figure(60 * requests.domains.mostPerSecond),
        figure(redis.perQuestion)
      ])
    )
  }
`

/** How far two samples differ. */
const spreadOf = (runs: Named): string => {
  const reports = runs.map(([, report]) => report)
  const range = (of: (report: Report) => number): readonly [least: number, most: number] => [
    Math.min(...reports.map(of)),
    Math.max(...reports.map(of))
  ]
  const ratio = (of: (report: Report) => number) => {
    const [least, most] = range(of)
    return percent(most / least - 1)
  }
  const [least, most] = range(({ answers }) => answers.tiers.memory)
  return `The samples differ by ${ratio(({ requests }) => requests.perSecond)} in requests to origins, by ${
    ratio(({ redis }) => redis.perSecond)
  } in commands to Redis, and by ${(100 * (most - least)).toFixed(1)} percentage points in what comes from memory.`
}

const dayTable = (runs: Named): string =>
  table(
    [
      "",
      "day",
      "from memory",
      "from Redis",
      "from origins",
      "requests/s to origins",
      "Redis commands/s",
      "messages/s",
      "associations in Redis",
      "memory of Redis, GB"
    ],
    runs.flatMap(([name, report]) =>
      toDays(report).map(({ associations, megabytes, perSecond, tiers }, index) => [
        name,
        String(index + 1),
        percent(tiers.memory),
        percent(tiers.redis),
        percent(tiers.origin),
        figure(perSecond.requests),
        figure(perSecond.commands),
        figure(perSecond.messages),
        count(associations),
        figure(megabytes / 1_000)
      ])
    )
  )

/** How many questions of runs were simulated, for tables that do not say it. */
const simulatedOf = (runs: Named): string => {
  const counts = runs.map(([, { answers }]) => answers.simulated)
  const [least, most] = [Math.min(...counts), Math.max(...counts)].map(count)
  return `Simulated: ${least === most ? least : `${least} to ${most}`} questions${runs.length > 1 ? " each" : ""}.`
}
