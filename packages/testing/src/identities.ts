/** The certificate of each host, issued on first use. */
import { Effect } from "effect"
import type { SecureContext } from "node:tls"
import type { Certificate } from "./Certificates.ts"
import { certificateFor, contextOf } from "./Tls.ts"
import type { Authority, TlsBehaviour } from "./Tls.ts"

export interface Identity {
  readonly certificate: Certificate
  readonly context: SecureContext
}

export interface Identities {
  readonly of: (host: string) => Effect.Effect<Identity>
}

/** Maximum of cached identities of hosts without configuration (about 50 KiB each): tests invent a million of them. */
const MAX_UNCONFIGURED = 2_000

export const makeIdentities = (
  authority: Authority,
  tagOf: (host: string) => TlsBehaviour["_tag"] | undefined,
  /** The host whose certificate is used; by default the same. */
  ownerOf: (host: string) => string = (host) => host
): Identities => {
  const configured = new Map<string, Promise<Identity>>()
  const unconfigured = new Map<string, Promise<Identity>>()

  const make = (host: string): Promise<Identity> => {
    const tag = tagOf(host) ?? "Good"
    return Effect.runPromise(
      Effect.map(
        certificateFor(authority, host, tag),
        (certificate) => ({ certificate, context: contextOf(certificate, tag) })
      )
    )
  }
  const identityOf = (host: string): Promise<Identity> => {
    const cache = tagOf(host) === undefined ? unconfigured : configured
    const found = cache.get(host) ?? make(host)
    cache.set(host, found)
    const [oldest] = unconfigured.keys()
    if (unconfigured.size > MAX_UNCONFIGURED && oldest !== undefined) unconfigured.delete(oldest)
    return found
  }
  return { of: (host) => Effect.promise(() => identityOf(ownerOf(host))) }
}
