/** Chains of certificates, leaf first. */
import { type Certificate, type CertificateOptions, issue, rootCa } from "@posh/testing"
import { Effect } from "effect"

export const intermediate = (issuer: Certificate, options: CertificateOptions = {}) =>
  issue(issuer, { subject: "CN=Test Intermediate", ca: true, ...options })

export const leafOf = (issuer: Certificate, options: CertificateOptions = {}) =>
  issue(issuer, { dnsNames: ["im.posh.example"], ...options })

/** Root, intermediate and leaf, each with a change. */
export const three = (change: {
  readonly root?: CertificateOptions
  readonly intermediate?: CertificateOptions
  readonly leaf?: CertificateOptions
}) =>
  Effect.gen(function*() {
    const root = yield* rootCa(change.root)
    const middle = yield* intermediate(root, change.intermediate)
    return [yield* leafOf(middle, change.leaf), middle, root]
  })

/** Root, `count` intermediates and leaf. */
export const long = (count: number, options: (position: number) => CertificateOptions = () => ({})) =>
  Effect.gen(function*() {
    const chain: Array<Certificate> = [yield* rootCa()]
    for (let position = 0; position < count; position++) {
      chain.unshift(yield* intermediate(chain[0]!, { subject: `CN=Intermediate ${position}`, ...options(position) }))
    }
    chain.unshift(yield* leafOf(chain[0]!))
    return chain
  })

export const seed = (...ders: ReadonlyArray<Uint8Array>) => Effect.succeed(ders.map((der) => ({ der })))
