/**
 * The caller whom a client certificate names.
 */
import { parseCertificate, printable } from "@posh/core"
import { Result } from "effect"
import { hash } from "node:crypto"
import type { Socket } from "node:net"
import { type PeerCertificate, TLSSocket } from "node:tls"
import type { Caller } from "../service/Caller.ts"

/** Whom the certificate names that the client of a connection has shown, and until when it does. */
export interface Peer {
  readonly caller: Caller
  /** Milliseconds since the epoch. */
  readonly notAfter: number
}

/** The handshake has checked the certificate; only time has gone on since: no caller where the certificate has ended meanwhile. */
export const certificateCaller = ({ caller, notAfter }: Peer, now: number): Caller | undefined =>
  now <= notAfter ? caller : undefined

/** The peer of a connection, read once for each. */
export const peerOf = (socket: Connection): Peer | undefined => socket[peerKey] ??= read(socket)

// On the socket itself: a weak map would be more work for the garbage collector.
const peerKey = Symbol("peer")
interface Connection extends Socket {
  [peerKey]?: Peer | undefined
}

/**
 * NOT BY `getPeerX509Certificate`: each such object keeps kilobytes that are no part of the heap until a full collection, and
 * nothing hurries that.
 */
const read = (socket: Socket): Peer | undefined => {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined
  const peer: Partial<PeerCertificate> = socket.getPeerCertificate(false)
  if (peer.raw === undefined) return undefined
  const certificate = Result.getOrUndefined(parseCertificate(peer.raw))
  return {
    caller: {
      name: printable(certificate?.names.dns[0] ?? commonNameOf(peer) ?? peer.serialNumber ?? "unnamed", longestName),
      // By its public key: a certificate that was renewed with the same key is the same caller.
      account: `certificate ${hash("sha256", certificate?.publicKey.spki ?? peer.raw)}`,
      scope: "verify"
    },
    notAfter: certificate?.notAfter ?? Date.parse(peer.valid_to ?? "")
  }
}

/** Names are for people, so they are cut and escaped (POSH-SEC-14). */
const longestName = 64

const commonNameOf = ({ subject }: Partial<PeerCertificate>): string | undefined => {
  const names: string | ReadonlyArray<string> | undefined = subject?.CN
  return typeof names === "string" ? names : names?.[0]
}
