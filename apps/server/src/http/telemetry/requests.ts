/**
 * Requests as the listener sees them, whichever lane they take: how many, how long, and which problems they end in.
 */
import type { ProblemCode } from "@posh/api"
import { Effect, Layer, Option } from "effect"
import type { ServerResponse } from "node:http"
import { routeNameOf } from "../../routes.ts"
import { cellsBy, increment } from "../../telemetry/counting.ts"
import { problemCodes, routeNames, statusClasses } from "../../telemetry/labels.ts"
import { type Cell, type Histogram, Metrics } from "../../telemetry/Metrics.ts"
import type { Lanes } from "../Listener.ts"
import { problemOf } from "../rendered.ts"

/** Puts the count in front of a listener, where the service counts. */
export const layer = (listener: Lanes) =>
  Layer.effectDiscard(Effect.flatMap(
    Effect.serviceOption(Metrics),
    Option.match({ onNone: () => Effect.void, onSome: (metrics) => watch(listener, metrics) })
  ))

interface Counts {
  readonly classes: ReadonlyMap<string, Cell>
  readonly seconds: Histogram
}

const watch = (listener: Lanes, metrics: Metrics["Service"]) => {
  const counts = new Map(routeNames.map((route): readonly [string, Counts] => [route, {
    classes: cellsBy(metrics, "posh_http_requests_total", "status", statusClasses, { route }),
    seconds: metrics.histogram("posh_http_request_seconds", { route })
  }]))
  const problems = cellsBy<ProblemCode>(metrics, "posh_problems_total", "code", problemCodes)
  const began = Symbol("began")
  type Observed = ServerResponse & { [began]?: number }

  const count = (response: ServerResponse, status: string, began: number): void => {
    const route = counts.get(routeNameOf(response.req.method, response.req.url))
    if (route === undefined) return
    increment(route.classes.get(status))
    route.seconds.observe((performance.now() - began) / 1_000)
    if (response.statusCode >= 400) increment(problems.get(problemOf(response.req) ?? ""))
  }
  /** One function for all responses: a closure for each would cost more than the counting. */
  function ended(this: Observed): void {
    count(this, this.writableFinished ? classOf(this.statusCode) : aborted, this[began] ?? 0)
  }
  return Effect.acquireRelease(
    Effect.sync(() => {
      listener.observe = (response: Observed) => {
        response[began] = performance.now()
        response.on("close", ended)
      }
      listener.answered = (response, began) =>
        count(response, response.destroyed ? aborted : classOf(response.statusCode), began)
    }),
    () =>
      Effect.sync(() => {
        delete listener.observe
        delete listener.answered
      })
  )
}

const aborted = "aborted"

// Texts that are there already: one made for each answer would have to be hashed before it is found.
const classOf = (status: number): string => classes[Math.floor(status / 100)] ?? ""

const classes = ["", "1xx", "2xx", "3xx", "4xx", "5xx"]
