/**
 * Metrics of requests: count, duration and problems, for fast lane and router.
 */
import type { ProblemCode } from "@posh/api"
import { Effect, Option } from "effect"
import type { ServerResponse } from "node:http"
import { routeNameOf } from "../../routes.ts"
import { cellsBy, increment } from "../../telemetry/counting.ts"
import { problemCodes, routes, statusClasses } from "../../telemetry/labels.ts"
import { type Cell, type Histogram, Metrics } from "../../telemetry/Metrics.ts"
import { type Exchange, exchangeOf } from "../Exchange.ts"

export interface RequestCount {
  /** Counts the request when its response ends. */
  readonly atEnd: (exchange: Exchange) => void
  /** Counts the request now; its response is written. */
  readonly atOnce: (exchange: Exchange) => void
}

/** No-ops if metrics are off. */
export const makeRequestCount: Effect.Effect<RequestCount> = Effect.map(
  Effect.serviceOption(Metrics),
  Option.match({ onNone: () => ({ atEnd: () => undefined, atOnce: () => undefined }), onSome: countIn })
)

interface Counts {
  readonly classes: ReadonlyMap<string, Cell>
  readonly seconds: Histogram
}

function countIn(metrics: Metrics["Service"]): RequestCount {
  const counts = new Map(routes.map((route): readonly [string, Counts] => [route, {
    classes: cellsBy(metrics, "posh_http_requests_total", "status", statusClasses, { route }),
    seconds: metrics.histogram("posh_http_request_seconds", { route })
  }]))
  const problems = cellsBy<ProblemCode>(metrics, "posh_problems_total", "code", problemCodes)

  const count = ({ startedAt, problem, request: { method, url }, response }: Exchange, isAborted: boolean): void => {
    const route = counts.get(routeNameOf(method, url))
    if (route === undefined) return
    increment(route.classes.get(isAborted ? aborted : classOf(response.statusCode)))
    route.seconds.observe((performance.now() - startedAt) / 1_000)
    if (response.statusCode >= 400 && problem !== undefined) increment(problems.get(problem.code))
  }
  /** One function for all responses: a closure per response costs more than counting. */
  function ended(this: ServerResponse): void {
    const exchange = exchangeOf(this.req)
    if (exchange !== undefined) count(exchange, !this.writableFinished)
  }
  return {
    atEnd: ({ response }) => void response.on("close", ended),
    atOnce: (exchange) => count(exchange, exchange.response.destroyed)
  }
}

const aborted = "aborted"

// Constants, because a string built per response would be hashed for the map again.
const classOf = (status: number): string => classes[Math.floor(status / 100)] ?? ""

const classes = ["", "1xx", "2xx", "3xx", "4xx", "5xx"]
