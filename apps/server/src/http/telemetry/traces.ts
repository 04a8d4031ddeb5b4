/**
 * Traces of requests, named by route.
 */
import type { IncomingMessage } from "node:http"
import { routeNameOf } from "../../routes.ts"
import type { Traced, TracingShape } from "../../telemetry/traces/Tracing.ts"

/** Returns the function that runs the work of the request in a span; `undefined` if the request is not traced. */
export const chooseBy =
  ({ choose }: TracingShape) => ({ headers: { traceparent }, method, url }: IncomingMessage): Traced | undefined =>
    choose(typeof traceparent === "string" ? traceparent : undefined, () => routeNameOf(method, url))
