/**
 * Traces of requests: one is called by its route.
 */
import type { IncomingMessage } from "node:http"
import { routeNameOf } from "../../routes.ts"
import type { Traced, TracingShape } from "../../telemetry/traces/Tracing.ts"

/** Is the request traced? Then its work is to be done inside of what is returned. */
export const chooseBy =
  ({ choose }: TracingShape) => ({ headers: { traceparent }, method, url }: IncomingMessage): Traced | undefined =>
    choose(typeof traceparent === "string" ? traceparent : undefined, () => routeNameOf(method, url))
