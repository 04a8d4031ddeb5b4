/**
 * The check of names that Node.js calls synchronously, in the handshake.
 */
import { checkServerIdentity as ordinaryCheck, type PeerCertificate } from "node:tls"
import type { PromiseClient } from "../createClient.ts"
import { ordinaryName } from "./ordinaryName.ts"
import { peerChain } from "./peerChain.ts"
import { type PeerIdentity, questionOf } from "./PeerIdentity.ts"

/**
 * For `checkServerIdentity` of `tls.connect` and `https.request`: the ordinary check, and where it fails, a yes that `client` has
 * kept. Otherwise no, with the error of the ordinary check.
 *
 * **When to use**
 *
 * Where a library opens the connection itself, after `client.verify` said yes to its certificate. Where the program opens it:
 * `secureConnect`, which asks.
 *
 * **Gotchas**
 *
 * Node.js calls it only if the chain leads to a trusted root, so it says nothing of self-signed certificates; and not for a
 * resumed session, so give an `https.Agent` `maxCachedSessions: 0`.
 */
export const checkServerIdentity =
  (client: Pick<PromiseClient, "recall">, identity: PeerIdentity) =>
  (_hostname: string, certificate: PeerCertificate): Error | undefined => {
    // The host may be what DNS led to, which proves nothing (POSH-REQ-03).
    const name = ordinaryName(identity.domain)
    if (name === undefined) return new TypeError("the domain is no host name")
    const fault = ordinaryCheck(name, certificate)
    if (fault === undefined) return undefined
    const chain = peerChain(certificate)
    if (chain.length === 0) return fault
    const isKept = client.recall(questionOf(identity, chain))?.valid === true ||
      client.recall(questionOf(identity, chain.slice(0, 1)))?.valid === true
    return isKept ? undefined : fault
  }
