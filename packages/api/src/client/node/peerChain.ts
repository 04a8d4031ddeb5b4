/**
 * The certificates of a TLS peer as a question has them. Pure.
 */
import type { DetailedPeerCertificate, PeerCertificate } from "node:tls"
import { certificateLimits } from "../certificates.ts"

/** DER, the leaf first. Empty if the peer presented none. Issuers beyond the limit of a question are left out. */
export const peerChain = (leaf: PeerCertificate | DetailedPeerCertificate): ReadonlyArray<Uint8Array> => {
  const chain: Array<Uint8Array> = []
  let certificate: PeerCertificate | DetailedPeerCertificate | undefined = leaf
  while (certificate?.raw !== undefined && chain.length < certificateLimits.count) {
    const { raw }: PeerCertificate = certificate
    if (chain.some((known) => raw.equals(known))) break // a self-signed one is its own issuer
    chain.push(raw)
    certificate = "issuerCertificate" in certificate ? certificate.issuerCertificate : undefined
  }
  return chain
}
