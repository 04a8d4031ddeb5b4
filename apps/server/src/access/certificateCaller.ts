/**
 * The caller whom a client certificate names.
 */
import { parseCertificate, printable } from "@posh/core"
import { Result } from "effect"
import { hash } from "node:crypto"
import type { Socket } from "node:net"
import { type PeerCertificate, TLSSocket } from "node:tls"
import type { Caller } from "../service/Caller.ts"

/**
 * The caller at the other end of a connection, read once for each. The handshake has checked the certificate; only time
 * has gone on since: none where the certificate has ended meanwhile.
 */
export const certificateCaller = (socket: Socket, now: number): Caller | undefined => {
  const known = peers.get(socket) ?? read(socket)
  if (known === undefined) return undefined
  peers.set(socket, known)
  return now <= known.notAfter ? known.caller : undefined
}

interface Peer {
  readonly caller: Caller
  readonly notAfter: number
}

const peers = new WeakMap<Socket, Peer>()

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
    caller: Object.freeze({
      name: printable(certificate?.names.dns[0] ?? commonNameOf(peer) ?? peer.serialNumber ?? "unnamed", longestName),
      // By its public key: a certificate that was renewed with the same key is the same caller.
      account: `certificate ${hash("sha256", certificate?.publicKey.spki ?? peer.raw)}`,
      scope: "verify"
    }),
    notAfter: certificate?.notAfter ?? Date.parse(peer.valid_to ?? "")
  }
}

/** Names are for people, so they are cut and escaped (POSH-SEC-14). */
const longestName = 64

const commonNameOf = ({ subject }: Partial<PeerCertificate>): string | undefined => {
  const names: string | ReadonlyArray<string> | undefined = subject?.CN
  return typeof names === "string" ? names : names?.[0]
}
