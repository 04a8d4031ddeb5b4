/**
 * The TLS handshake with a web server: path, name and pins are checked before anything is sent.
 */
import { Clock, Effect, Result, type Scope } from "effect"
import { hash } from "node:crypto"
import type { Socket } from "node:net"
import {
  connect as connectTls,
  type DetailedPeerCertificate,
  type PeerCertificate,
  type SecureContext,
  type TLSSocket
} from "node:tls"
import { documentLimits } from "../Limits.ts"
import type { Domain } from "../question/Domain.ts"
import { EgressError } from "./EgressError.ts"
import { pinError } from "./pinError.ts"
import { identityError } from "./serverIdentity.ts"
import { openScoped, whenReady } from "./sockets.ts"

/** What is known of the peer, even if the connection fails (POSH-RES-90). */
export interface PeerInfo {
  /** The address of the connection, or the last one dialled. Absent through a proxy. */
  address?: string
  /** Base64 SHA-256 of the web server's certificate. */
  tlsLeafSha256?: string
}

export interface HandshakeOptions {
  /** The host that the certificate must name. */
  readonly host: Domain
  readonly trust: SecureContext
  readonly pins: ReadonlySet<string> | undefined
  readonly peer: PeerInfo
}

/** TLS over the connection. Every connection is checked, since no session is ever resumed. The scope destroys it. */
export const handshake = (socket: Socket, options: HandshakeOptions): Effect.Effect<
  TLSSocket,
  EgressError,
  Scope.Scope
> => {
  const before = socket.bytesRead // of the tunnel
  return Clock.clockWith((clock) => openScoped(() => open(socket, options, () => clock.currentTimeMillisUnsafe())))
    .pipe(
      Effect.flatMap((tls) => whenReady(tls, "secureConnect")),
      Effect.mapError((error) =>
        error.code === "ConnectionReset" && socket.bytesRead === before ? helloReset(error) : error
      )
    )
}

const open = (socket: Socket, { host, peer, pins, trust }: HandshakeOptions, now: () => number): TLSSocket => {
  const note = (leaf: Uint8Array | undefined) => {
    if (leaf !== undefined) peer.tlsLeafSha256 = hash("sha256", leaf, "base64")
    return leaf
  }
  const tls: TLSSocket = connectTls({
    socket,
    secureContext: trust,
    servername: host, // the A-labels (POSH-RES-32)
    ALPNProtocols: ["http/1.1"], // no HTTP/2, so no coalescing (POSH-RES-36)
    rejectUnauthorized: true, // explicit, because the environment can change the default
    // Called when OpenSSL has accepted the path. Node.js parsed the certificate for this call; if it could not, `raw` is absent,
    // and no host is named.
    checkServerIdentity: (_host, { raw }: Partial<PeerCertificate>) => {
      const fault = identityError(host, note(raw))
      if (fault !== undefined || raw === undefined || pins === undefined) return fault
      return pinError({ pins, leaf: raw, issuers: () => issuersOf(describe), now: now() })
    }
  })
  const describe = describeLeafOnly(tls)
  // Before the listener of Node.js, which destroys the connection if the certificate is not accepted.
  return tls.prependOnceListener("secure", () => {
    if (!isAccepted(tls)) note(leafOf(tls))
  })
}

const helloReset = ({ code, detail }: EgressError) =>
  new EgressError({ code, ...(detail === undefined ? {} : { detail }), helloReset: true })

type Describe = TLSSocket["getPeerCertificate"]

/**
 * For `checkServerIdentity` Node.js parses every certificate of the chain, which takes half a millisecond. The issuers
 * are needed only where a host is pinned. Returns the method of Node.js.
 */
const describeLeafOnly = (tls: TLSSocket): Describe => {
  const describe: Describe = tls.getPeerCertificate.bind(tls)
  tls.getPeerCertificate = () => describe(false) as DetailedPeerCertificate
  return describe
}

/**
 * DER of the issuers, nearest first: sent by the server, then from the trust store, linked by names. None if Node.js cannot parse
 * them, which it tells by throwing.
 */
const issuersOf = (describe: Describe): ReadonlyArray<Uint8Array> => {
  const found: Array<Uint8Array> = []
  let below = Result.getOrUndefined(Result.try((): DetailedPeerCertificate => describe(true)))
  // A root is its own issuer.
  while (
    below?.issuerCertificate !== undefined && below.issuerCertificate !== below && found.length < documentLimits.x5c
  ) {
    below = below.issuerCertificate
    if (below.raw === undefined) break // for Node.js it is no certificate
    found.push(below.raw)
  }
  return found
}

/**
 * Did OpenSSL accept the certificate path? Only an optimisation: if Node.js does not expose the result, the certificate
 * is parsed again.
 */
const isAccepted = (tls: TLSSocket & { readonly ssl?: { readonly verifyError?: () => unknown } }): boolean =>
  typeof tls.ssl?.verifyError === "function" && (tls.ssl.verifyError() ?? undefined) === undefined

/**
 * DER of the server's certificate.
 *
 * **Gotchas**
 *
 * NOT BY `getPeerX509Certificate`: each such object keeps kilobytes outside the heap, which the garbage collector does
 * not see.
 */
// Node.js also parses the certificate, and throws if it cannot; that must not end the process.
const leafOf = (tls: TLSSocket): Uint8Array | undefined =>
  Result.getOrUndefined(Result.try((): Uint8Array | undefined => tls.getPeerCertificate(false).raw))
