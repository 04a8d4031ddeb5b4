/**
 * The page docs/reference/simulation.md. Pure.
 */
import { table } from "../table.ts"
import type { Report } from "./report.ts"
import { usualWorld } from "./Scenario.ts"
import { count, figure, percent, toSummary } from "./summary.ts"

export type Named = ReadonlyArray<readonly [name: string, report: Report]>

export interface PageParts {
  readonly usual: Report
  readonly byRate: Named
  readonly shared: Named
  readonly unshared: Named
  readonly byOutage: Named
  readonly coldStart: Named
  readonly mistaken: Named
}

export const toPage = ({ byOutage, byRate, coldStart, mistaken, shared, unshared, usual }: PageParts): string =>
  `# Simulation

<!-- Made by \`npm run simulate -- series\` from apps/lab/src/simulate. Do not edit. -->

What a fleet does in a day, in a world without a network: the verifier, the caches, the flights and the fleet are those of the
service, over a virtual clock. Redis and the web servers are simulated. [Capacity](../guides/capacity.md) says how to use the
figures, [the decision](../decisions/simulation.md) what is real and what is not.

The world has ${
    count(usualWorld.domains)
  } domains, asked about by Zipf's law with exponent ${usualWorld.exponent}. Of them
${
    Object.entries(usualWorld.shares).map(([kind, share]) => `${percent(share)} are \`${kind}\``).join(", ")
  }. \`expires\` is ${
    usualWorld.lifetimes.map(([seconds, share]) => `${seconds / 3_600} h for ${percent(share)}`).join(", ")
  }. ${usualWorld.providers} providers host the \`hosted\`. Each replica has the defaults of the service. Figures are of a
sample of the domains, scaled to all. The samples are small: in "A day" another one gave 31 % from memory.

## A day

A fleet of 4 replicas with Redis, which has run for 12 hours, gets 100 questions a second.

${toSummary([["", usual]])}

## By the rate of questions

Four replicas with Redis. The figures are of 12 hours after 12 hours, of 5 after 5, and of one after one.

![Where answers come from, by the rate of questions](simulation/tiers-by-rate.svg)

${toSummary(byRate)}

## By the number of replicas

1,000 questions a second for the whole fleet, shared at random, for half an hour after half an hour.

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
