/**
 * The plots of the page, each as a name and an SVG.
 */
import type { PageParts } from "./page.ts"
import { draw, lostPoints, tierPoints } from "./plots.ts"

export const drawAll = ({ byDomains, byOutage, byRate, shared, unshared }: PageParts) =>
  Promise.all([
    plot("tiers-by-rate", byRate.flatMap(([name, report]) => tierPoints(Number.parseFloat(name), report)), {
      title: "Where answers come from",
      x: "questions a second",
      y: "share of answers",
      logarithmic: ["x"],
      percent: true
    }),
    plot(
      "tiers-by-domains",
      byDomains.flatMap(([name, report]) => tierPoints(Number(name.replaceAll(",", "")), report)),
      {
        title: "Where answers come from",
        x: "domains",
        y: "share of answers",
        logarithmic: ["x"],
        percent: true
      }
    ),
    plot(
      "requests-by-replicas",
      [["with Redis", shared] as const, ["without Redis", unshared] as const].flatMap(([series, runs]) =>
        runs.map(([name, { requests }]) => ({ x: Number(name), y: requests.perSecond, series }))
      ),
      { title: "Requests to origins", x: "replicas", y: "requests a second", logarithmic: ["x"] }
    ),
    plot(
      "redis-by-replicas",
      shared.flatMap(([name, { redis }]) => [
        { x: Number(name), y: redis.perSecond, series: "commands" },
        { x: Number(name), y: redis.idlePerSecond, series: "of these idle" },
        { x: Number(name), y: redis.messagesPerSecond, series: "messages delivered" }
      ]),
      { title: "Redis", x: "replicas", y: "a second", logarithmic: ["x", "y"] }
    ),
    plot("outages", byOutage.flatMap(([name, report]) => lostPoints(name, report)), {
      title: "Don't know, of domains that can be reached",
      x: "minutes",
      y: "share of answers",
      percent: true
    })
  ])

const plot = (name: string, ...args: Parameters<typeof draw>) => draw(...args).then((svg) => [name, svg] as const)
