/**
 * What a client is made of. Types that need no `effect`.
 */

export interface ClientSettings {
  /**
   * Base URLs of the service, the preferred one first. `https:`, or `http:` on this machine; see `plainHttp`. At least one, at
   * most 16.
   */
  readonly endpoints: ReadonlyArray<string>
  /**
   * Sent as `Authorization: Bearer`. A function is called for each request, so that a key can be replaced while the program
   * runs. Default: none.
   */
  readonly key?: string | (() => string | Promise<string>)
  /** Milliseconds within which `verify` ends: all tries, all endpoints and bodies included. 50 to 60,000; default 10,000. */
  readonly timeoutMs?: number
  /** How many answers are kept for their `ttl`; only those that are `valid`. `false`: none. Default 1,000. */
  readonly cache?: false | { readonly entries: number }
  /**
   * Questions that come within `windowMs` (0 to 1,000; default 1) are sent together, up to `questions` (1 to 1,000; default
   * 1,000). `false`: each on its own, at once.
   */
  readonly batch?: false | { readonly windowMs?: number; readonly questions?: number }
  /**
   * Allow `http:` to other machines. Whoever is on the way can then answer yes in the name of the service. Default `false`.
   */
  readonly plainHttp?: boolean
  /** Default: that of the platform. Must not follow redirects where it is called with `redirect: "manual"`. */
  readonly fetch?: typeof globalThis.fetch
}
