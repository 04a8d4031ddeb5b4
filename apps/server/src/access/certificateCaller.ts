/**
 * The caller of a client certificate.
 */
import { parseCertificate } from "@posh/core"
import { printable } from "@posh/core/serving"
import { Result } from "effect"
import { hash } from "node:crypto"
import type { Socket } from "node:net"
import { type PeerCertificate, TLSSocket } from "node:tls"
import type { Caller } from "../service/Caller.ts"

/** The client certificate of a connection. */
export interface Peer {
  readonly caller: Caller
  /** Milliseconds since the epoch. */
  readonly notAfter: number
}

/** The caller, unless the certificate expired since the handshake, which verified the rest. */
export const certificateCaller = ({ caller, notAfter }: Peer, now: number): Caller | undefined =>
  now <= notAfter ? caller : undefined

/** The peer of a connection; parsed once. */
export const peerOf = (socket: Connection): Peer | undefined => socket[peerKey] ??= read(socket)

// A property of the socket, because a WeakMap is expensive for the garbage collector.
const peerKey = Symbol("peer")
interface Connection extends Socket {
  [peerKey]?: Peer | undefined
}

/**
 * NOT BY `getPeerX509Certificate`: each such object holds kilobytes outside the heap until a full garbage collection, which
 * memory outside the heap does not trigger.
 */
const read = (socket: Socket): Peer | undefined => {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined
  const peer: Partial<PeerCertificate> = socket.getPeerCertificate(false)
  if (peer.raw === undefined) return undefined
  const certificate = Result.getOrUndefined(parseCertificate(peer.raw))
  return {
    caller: {
      name: printable(certificate?.names.dns[0] ?? commonNameOf(peer) ?? peer.serialNumber ?? "unnamed", longestName),
      // By public key: a certificate that is renewed with the same key stays the same caller.
      account: `certificate ${hash("sha256", certificate?.publicKey.spki ?? peer.raw)}`,
      scope: "verify"
    },
    notAfter: certificate?.notAfter ?? Date.parse(peer.valid_to ?? "")
  }
}

/** Characters. Names are bounded and escaped, because they get into logs (POSH-SEC-14). */
const longestName = 64

const commonNameOf = ({ subject }: Partial<PeerCertificate>): string | undefined => {
  const names: string | ReadonlyArray<string> | undefined = subject?.CN
  return typeof names === "string" ? names : names?.[0]
}
