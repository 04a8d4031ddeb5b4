/**
 * Bodies of requests that are answered before their body is read.
 */
import type { IncomingMessage } from "node:http"

/** Octets. A body up to this length is drained, so that the connection can be reused. */
const drained = 64 * 1_024

/** True if draining the rest of the body would cost more than a new connection. */
export const leavesUnreadBody = ({ complete, headers }: IncomingMessage): boolean =>
  !complete && (headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > drained)
