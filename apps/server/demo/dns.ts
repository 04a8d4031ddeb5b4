/**
 * What DNS says in the demo, and the server that says it: IT STANDS IN FOR A RESOLVER THAT VALIDATES, and claims that DNSSEC
 * vouches for its answers. Nothing is signed. The service believes it because it is on the same machine.
 */
import { type Certificate, type Dns, type DnsAnswer, makeDns } from "@posh/testing"
import type { Effect, Scope } from "effect"
import { hash, X509Certificate } from "node:crypto"

/** A service with TLSA records, as records and as lines of a zone file. */
export interface SignedService {
  readonly domain: string
  readonly zone: Readonly<Record<string, DnsAnswer>>
  readonly lines: ReadonlyArray<string>
}

/** At `xmpp.` of the domain; 3 1 1 is the form that RFC 7671 recommends: the SHA-256 of the server's public key. */
export const signedService = (domain: string, { der }: Certificate): SignedService => {
  const [target, port, service] = [`xmpp.${domain}`, 5_269, `_xmpp-server._tcp.${domain}`]
  const key = new X509Certificate(der).publicKey.export({ format: "der", type: "spki" })
  const digest = hash("sha256", key, "hex")
  return {
    domain,
    zone: {
      [service]: { srv: [{ priority: 10, weight: 0, port, target }] },
      [target]: { a: ["192.0.2.1"] },
      [`_${port}._tcp.${target}`]: {
        tlsa: [{ usage: 3, selector: 1, matchingType: 1, certificate: Buffer.from(digest, "hex") }]
      }
    },
    lines: [`${service} SRV 10 0 ${port} ${target}`, `_${port}._tcp.${target} TLSA 3 1 1 ${digest.slice(0, 12)}…`]
  }
}

/** Its answers may be remembered for an hour. The scope stops it. */
export const makeResolver = (services: ReadonlyArray<SignedService>): Effect.Effect<Dns, never, Scope.Scope> =>
  makeDns(Object.assign({}, ...services.map(({ zone }) => zone)), { authentic: true, ttl: 3_600 })
