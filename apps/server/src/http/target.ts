/**
 * The target of a request in absolute form, which a server must accept (RFC 9112 §3.2.2), becomes a path: everything after
 * compares paths.
 */
import type { IncomingMessage } from "node:http"

/** Replaces the target by its path and query. Returns its authority; `undefined` if it had none. */
export const toOriginForm = (request: IncomingMessage): string | undefined => {
  const { url = "" } = request
  if (url.startsWith("/")) return undefined
  const [, authority, rest = ""] = /^https?:\/\/([^/?#]*)(.*)$/i.exec(url) ?? []
  if (authority === undefined) return undefined
  request.url = rest.startsWith("/") ? rest : `/${rest}`
  return authority
}
