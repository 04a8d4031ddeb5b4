/**
 * What becomes of the body of a request that is answered before it was read.
 */
import type { IncomingMessage } from "node:http"

/** Octets up to which a body is read and drained, so that the connection can be used again. */
const drained = 64 * 1_024

/** Is so much left of the body that the connection had better end? */
export const leavesUnreadBody = ({ complete, headers }: IncomingMessage): boolean =>
  !complete && (headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > drained)
