/**
 * The caller whom a client certificate names.
 */
import { parseCertificate, printable } from "@posh/core"
import { Result } from "effect"
import { hash, type X509Certificate } from "node:crypto"
import type { Socket } from "node:net"
import { TLSSocket } from "node:tls"
import type { Caller } from "../Caller.ts"

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

const read = (socket: Socket): Peer | undefined => {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) return undefined
  // By its public key: a certificate that was renewed with the same key is the same caller.
  const spki = certificate.publicKey.export({ type: "spki", format: "der" })
  return {
    caller: Object.freeze({
      name: nameOf(certificate),
      account: `certificate ${hash("sha256", spki)}`,
      scope: "verify"
    }),
    notAfter: certificate.validToDate.getTime()
  }
}

const longestName = 64

/** The first DNS name, else the common name; for people, so it is cut and escaped (POSH-SEC-14). */
const nameOf = (certificate: X509Certificate): string => {
  const [dnsName] = Result.match(parseCertificate(certificate.raw), {
    onFailure: () => [],
    onSuccess: ({ names }) => names.dns
  })
  return printable(dnsName ?? commonNameOf(certificate) ?? certificate.serialNumber, longestName)
}

const commonNameOf = (certificate: X509Certificate): string | undefined => {
  const { CN: names } = certificate.toLegacyObject().subject as { readonly CN?: string | ReadonlyArray<string> }
  return typeof names === "string" ? names : names?.[0]
}
