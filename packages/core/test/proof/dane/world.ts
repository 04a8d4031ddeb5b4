/** What the tests of DANE have in common: domains, records, and a path search that a few lines can do. */
import type { Certificate } from "@posh/testing"
import { Result } from "effect"
import { hash, X509Certificate } from "node:crypto"
import { toPresented } from "../../../src/presented/Presented.ts"
import type { FindPath, TlsaInput } from "../../../src/proof/dane/matchTlsa.ts"
import type { TlsaRecord } from "../../../src/proof/dane/Tlsa.ts"
import { type Domain, parseDomain } from "../../../src/question/Domain.ts"
import { parseService, registeredServices } from "../../../src/question/Service.ts"
import { parseCertificate } from "../../../src/x509/Certificate.ts"

export const domain = (text: string): Domain => Result.getOrThrow(parseDomain(text, { allowSpecialUse: true }))
export const server = Result.getOrThrow(parseService("xmpp-server", registeredServices))

/** In the notation of zone files: usage, selector, matching type. */
export const tlsa = (parameters: string, { der }: { readonly der: Uint8Array }): TlsaRecord => {
  const [usage = 0, selector = 0, matching = 0] = parameters.split(" ").map(Number)
  return { usage, selector, matching, data: associationData(der, selector, matching) }
}

const associationData = (der: Uint8Array, selector: number, matching: number): Uint8Array => {
  const octets = selector === 0 ? der : spkiOf(der)
  return matching === 0 ? octets : new Uint8Array(hash(matching === 1 ? "sha256" : "sha512", octets, "buffer"))
}

const spkiOf = (der: Uint8Array): Uint8Array =>
  new X509Certificate(der).publicKey.export({ format: "der", type: "spki" })

/** Walks from issuer to issuer by signature and date. Enough for honest chains. */
export const findPath: FindPath = ({ anchors, intermediates, leaf, now }) => {
  const [trusted, others] = [anchors, intermediates].map((ders) => ders.map((der) => new X509Certificate(der)))
  const climb = (certificate: X509Certificate, depth: number): boolean =>
    isCurrent(certificate, now) && depth < 5 &&
    ((trusted ?? []).some((anchor) => certificate.verify(anchor.publicKey)) ||
      (others ?? []).some((issuer) => certificate.verify(issuer.publicKey) && climb(issuer, depth + 1)))
  return climb(new X509Certificate(leaf), 0) ? Result.succeed("a path") : Result.fail("no path")
}

const isCurrent = ({ validFrom, validTo }: X509Certificate, now: number): boolean =>
  Date.parse(validFrom) <= now && now <= Date.parse(validTo)

/** The input of a comparison for a certificate that is presented with its issuers. */
export const presenting = (leaf: Certificate, changes: Partial<TlsaInput> = {}): TlsaInput => ({
  presented: toPresented(Result.getOrThrow(parseCertificate(leaf.der))),
  issuers: leaf.issuers.map(({ der }) => der),
  source: domain("im.example"),
  service: server,
  now: Date.now(),
  findPath,
  pkixPath: () => undefined,
  ...changes
})
