/** Extensions, fields and dates (RFC 5280 §4). */
import {
  basicConstraints,
  distinguishedName,
  forge,
  type Forged,
  forgedExtension,
  forgeKeys,
  type ForgeOptions,
  generalName
} from "@posh/testing"
import { oid, sequence, tlv } from "../../chain/der.ts"
import { type Case, type Cases, middle, root, three, two, unknown } from "./case.ts"

const keyId = (critical: boolean) => forgedExtension("keyId", tlv(0x04, Uint8Array.of(1, 2, 3)), critical)
const access = (critical: boolean) =>
  forgedExtension(
    "1.3.6.1.5.5.7.1.1",
    sequence(sequence(oid("1.3.6.1.5.5.7.48.2"), generalName.uri("http://ca.example/ca.der"))),
    critical
  )

const serials = {
  zero: Uint8Array.of(0),
  negative: Uint8Array.of(0x81, 2),
  tooLong: Uint8Array.of(0x7f, ...Array.from({ length: 20 }, () => 1))
}

const at = (now: string, change: Parameters<typeof two>[0] = {}): Case => ({ ...two(change), now })
const ends: ForgeOptions = { notAfter: "2026-06-01T00:00:00Z" }
const begins: ForgeOptions = { notBefore: "2026-06-01T00:00:00Z" }

/** A leaf below a root; beside them another CA of the same name, of which nothing is needed. */
const withStranger = (stranger: (anchor: Forged) => Case["intermediates"], extra: ReadonlyArray<Forged> = []): Case => {
  const anchor = root()
  const issuer = middle(anchor)
  return {
    leaf: forge(issuer),
    intermediates: [...stranger(anchor) ?? [], issuer],
    anchors: [anchor, ...extra]
  }
}

export const extensionCases: Cases = {
  "rfc5280::aki::critical-aki": () =>
    two({
      leaf: { instead: { issuerKeyId: forgedExtension("issuerKeyId", sequence(tlv(0x80, Uint8Array.of(1))), true) } }
    }),
  "rfc5280::aki::cross-signed-root-missing-aki": () => {
    const [other, keys] = [root({ subject: "Other Root" }), forgeKeys()]
    const crossed = middle(other, { subject: "Root", keys, instead: { issuerKeyId: null } })
    return { leaf: forge(crossed), intermediates: [crossed], anchors: [other] }
  },
  "rfc5280::aki::intermediate-missing-aki": () => three({ middle: { instead: { issuerKeyId: null } } }),
  "rfc5280::aki::leaf-missing-aki": () => two({ leaf: { instead: { issuerKeyId: null } } }),
  "rfc5280::aki::self-signed-root-missing-aki": () => two({ root: { instead: { issuerKeyId: null } } }),
  "rfc5280::ca-as-leaf": () => two({ leaf: { ca: true, dns: ["example.com"], keyUsage: [0, 5] } }),
  "rfc5280::ca-as-leaf-wrong-san": () => two({ leaf: { ca: true, dns: ["other.example"], keyUsage: [0, 5] } }),
  "rfc5280::ca-empty-subject": () => three({ middle: { subject: distinguishedName() } }),
  "rfc5280::chain-untrusted-root": () => {
    const stranger = root({ subject: "Stranger" })
    return { leaf: forge(stranger), intermediates: [stranger], anchors: [root()] }
  },
  "rfc5280::duplicate-extensions": () => two({ leaf: { more: [keyId(false)] } }),
  "rfc5280::ee-aia": () => two({ leaf: { more: [access(false)] } }),
  "rfc5280::ee-critical-aia-invalid": () => two({ leaf: { more: [access(true)] } }),
  "rfc5280::ee-empty-issuer": () => two({ root: { subject: distinguishedName() } }),
  "rfc5280::eku::ee-eku-empty": () =>
    two({
      leaf: { instead: { extendedKeyUsage: forgedExtension("extendedKeyUsage", sequence()) } }
    }),
  "rfc5280::eku::ee-without-eku": () => two({ leaf: { extendedKeyUsage: [] } }),
  "rfc5280::eku::ee-wrong-eku": () => two({ leaf: { extendedKeyUsage: ["1.3.6.1.5.5.7.3.2"] } }),
  "rfc5280::ica-ku-keycertsign": () => three({ middle: { keyUsage: [6] } }),
  "rfc5280::intermediate-ca-missing-basic-constraints": () =>
    three({ middle: { instead: { basicConstraints: null } } }),
  "rfc5280::intermediate-ca-without-ca-bit": () =>
    three({
      middle: { instead: { basicConstraints: forgedExtension("basicConstraints", basicConstraints(false), true) } }
    }),
  "rfc5280::leaf-ku-keycertsign": () => two({ leaf: { keyUsage: [0, 5] } }),
  "rfc5280::mismatching-signature-algorithm": () =>
    two({
      leaf: { innerAlgorithm: sequence(oid("1.2.840.10045.4.3.3")) }
    }),
  "rfc5280::no-basicconstraints": () => two({ leaf: { instead: { basicConstraints: null } } }),
  "rfc5280::no-keyusage": () => two({ leaf: { instead: { keyUsage: null } } }),
  "rfc5280::pc::ica-noncritical-pc": () =>
    three({
      middle: { more: [forgedExtension("2.5.29.36", sequence(tlv(0x80, Uint8Array.of(0))))] }
    }),
  "rfc5280::root-and-intermediate-swapped": () => {
    const top = root()
    const issuer = middle(top)
    return { leaf: forge(issuer), intermediates: [top], anchors: [issuer] }
  },
  "rfc5280::root-inconsistent-ca-extensions": () =>
    two({
      root: { instead: { basicConstraints: forgedExtension("basicConstraints", basicConstraints(false), true) } }
    }),
  "rfc5280::root-missing-basic-constraints": () => two({ root: { instead: { basicConstraints: null } } }),
  "rfc5280::root-non-critical-basic-constraints": () =>
    two({
      root: { instead: { basicConstraints: forgedExtension("basicConstraints", basicConstraints(true)) } }
    }),
  "rfc5280::san::ip-in-dns": () => two({ leaf: { dns: ["127.0.0.1"] } }),
  "rfc5280::san::malformed": () =>
    two({
      leaf: { instead: { altNames: forgedExtension("altNames", sequence(tlv(0x82, Uint8Array.of(0xff, 0xfe)))) } }
    }),
  "rfc5280::san::noncritical-with-empty-subject": () => two({ leaf: { subject: distinguishedName() } }),
  "rfc5280::san::underscore-dns": () => two({ leaf: { dns: ["a_b.example.com"] } }),
  "rfc5280::serial::negative": () => two({ leaf: { serial: serials.negative } }),
  "rfc5280::serial::too-long": () => two({ leaf: { serial: serials.tooLong } }),
  "rfc5280::serial::zero": () => two({ leaf: { serial: serials.zero } }),
  "rfc5280::ski::critical-ski": () => two({ root: { instead: { keyId: keyId(true) } } }),
  "rfc5280::ski::intermediate-missing-ski": () => three({ middle: { instead: { keyId: null } } }),
  "rfc5280::ski::root-missing-ski": () => two({ root: { instead: { keyId: null } } }),
  "rfc5280::unknown-critical-extension-ee": () => two({ leaf: { more: [unknown] } }),
  "rfc5280::unknown-critical-extension-intermediate": () => three({ middle: { more: [unknown] } }),
  "rfc5280::unknown-critical-extension-root": () => two({ root: { more: [unknown] } }),
  "rfc5280::unknown-critical-extension-unrelated-intermediate": () =>
    withStranger((anchor) => [middle(anchor, { more: [unknown] })]),
  "rfc5280::unknown-critical-extension-unrelated-root": () => withStranger(() => [], [root({ more: [unknown] })]),
  "rfc5280::validity::expired-1-second": () => at("2026-06-01T00:00:01Z", { leaf: ends }),
  "rfc5280::validity::expired-5-seconds": () => at("2026-06-01T00:00:05Z", { leaf: ends }),
  "rfc5280::validity::expired-intermediate": () => three({ middle: { notAfter: "2026-02-01T00:00:00Z" } }),
  "rfc5280::validity::expired-leaf": () => three({ leaf: { notAfter: "2026-02-01T00:00:00Z" } }),
  "rfc5280::validity::expired-root": () => three({ root: { notAfter: "2026-02-01T00:00:00Z" } }),
  "rfc5280::validity::not-yet-valid-1-second": () => at("2026-05-31T23:59:59Z", { leaf: begins }),
  "rfc5280::validity::not-yet-valid-5-seconds": () => at("2026-05-31T23:59:55Z", { leaf: begins }),
  "rfc5280::validity::notafter-exact": () => at("2026-06-01T00:00:00Z", { leaf: ends }),
  "rfc5280::validity::notafter-fractional": () => at("2026-06-01T00:00:00.500Z", { leaf: ends }),
  "rfc5280::validity::notbefore-exact": () => at("2026-06-01T00:00:00Z", { leaf: begins }),
  "rfc5280::validity::notbefore-fractional": () => at("2026-05-31T23:59:59.500Z", { leaf: begins })
}
