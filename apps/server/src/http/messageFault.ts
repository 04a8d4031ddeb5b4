/**
 * Faults of the message itself, before it is known who asks for what (RFC 9112).
 */
import type { IncomingMessage } from "node:http"

/** Why the request is not answered, if it has such a fault. Its target has origin form already. */
export const messageFault = (request: IncomingMessage): string | undefined => {
  const { httpVersion, url = "" } = request
  if (httpVersion !== "1.1" && httpVersion !== "1.0") return "Send the request with HTTP/1.1 or HTTP/1.0."
  return hostFault(request) ??
    (url.startsWith("/") || url === "*" ? undefined : "The target of the request is no path of this service.")
}

/** RFC 9112 §3.2: a request of HTTP/1.1 needs exactly one `Host`. */
const hostFault = ({ httpVersionMinor, rawHeaders }: IncomingMessage): string | undefined => {
  let hosts = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? ""
    if (name.length === 4 && name.toLowerCase() === "host") hosts += 1
  }
  if (hosts > 1) return "The request has more than one Host."
  return hosts === 0 && httpVersionMinor >= 1 ? "The request has no Host." : undefined
}
