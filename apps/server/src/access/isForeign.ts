/**
 * Requests of web pages.
 */

export interface PageFacts {
  /** Whom the request asks: `Host`, or `:authority`. */
  readonly authority: string
  readonly origin: string | undefined
  /** `Sec-Fetch-Site`. */
  readonly site: string | undefined
}

/**
 * True if a web page of another origin sent the request. Browsers set `Sec-Fetch-Site` (W3C Fetch Metadata), which pages
 * cannot change, and `Origin` (RFC 6454 §7); other clients send neither.
 */
export const isForeign = ({ authority, origin, site }: PageFacts): boolean => {
  if (site !== undefined && site !== "same-origin" && site !== "none") return true
  if (origin === undefined) return false
  // Without the scheme: a proxy that terminates TLS changes it, and a page cannot choose host and port of its origin.
  const own = /^https?:\/\/([^/]+)$/i.exec(origin)?.[1] ?? ""
  return authority === "" || withoutDefaultPort(own) !== withoutDefaultPort(authority)
}

const withoutDefaultPort = (authority: string): string => authority.toLowerCase().replace(/:(?:80|443)$/, "")
