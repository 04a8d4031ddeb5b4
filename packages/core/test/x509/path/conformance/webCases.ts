/** What the Web PKI adds to RFC 5280, and revocation. */
import { commonName, forge, forgedExtension, forgeKeys, type ForgeOptions, generalName } from "@posh/testing"
import { generateKeyPairSync } from "node:crypto"
import { oid, sequence, text, tlv } from "../../chain/der.ts"
import { type Cases, middle, root, three, two } from "./case.ts"

const bytes = (...octets: ReadonlyArray<number>) => Uint8Array.from(octets)
const named = (peer: string, ...dns: ReadonlyArray<string>) => () => ({ ...two({ leaf: { dns } }), peer })
const subject = (name: string, leaf: ForgeOptions = {}) => () => two({ leaf: { subject: name, ...leaf } })
const onlyIp = (...octets: ReadonlyArray<number>): ForgeOptions => ({ dns: [], names: [generalName.ip(...octets)] })
const loopback6 = [...Array<number>(15).fill(0), 1]

/** AuthorityKeyIdentifier of a root. */
const rootWith = (...members: ReadonlyArray<Uint8Array>) => () =>
  two({ root: { instead: { issuerKeyId: forgedExtension("issuerKeyId", sequence(...members)) } } })
const issuerMember = tlv(0xa1, generalName.directory(commonName("Root")))
const serialMember = tlv(0x82, bytes(0x40))

/** The keys of a root whose AuthorityKeyIdentifier names its own key. */
const rootWithOwn = (...members: ReadonlyArray<Uint8Array>) => () => {
  const keys = forgeKeys()
  const { keyId } = root({ keys })
  return two({
    root: { keys, instead: { issuerKeyId: forgedExtension("issuerKeyId", sequence(tlv(0x80, keyId), ...members)) } }
  })
}

const weak = (keys: ForgeOptions["keys"], of: "root" | "leaf") => two({ [of]: { keys } })
const dsa = () => generateKeyPairSync("dsa", { modulusLength: 2_048, divisorLength: 256 })
/** A key on P-256 whose curve is written out instead of named. */
const explicit = () => generateKeyPairSync("ec", { namedCurve: "P-256", paramEncoding: "explicit" })

/** REVOCATION IS NOT CHECKED, so what a CRL says is not part of a case; only the certificates are. */
const withKeyUsage = (keyUsage: ReadonlyArray<number>) => () => two({ root: { keyUsage } })

export const webCases: Cases = {
  "crl::certificate-not-on-crl": () => two(),
  "crl::certificate-serial-on-crl-different-issuer": () => two(),
  "crl::crlnumber-critical": () => two(),
  "crl::crlnumber-missing": () => two(),
  "crl::issuer-missing-crlsign": withKeyUsage([5]),
  "crl::issuer-no-keyusage-extension": () => two({ root: { instead: { keyUsage: null } } }),
  "crl::issuer-valid-crlsign-and-keycertsign": withKeyUsage([5, 6]),
  "crl::revoked-certificate-with-crl": () => two(),
  "webpki::aki::root-with-aki-all-fields": rootWithOwn(issuerMember, serialMember),
  "webpki::aki::root-with-aki-authoritycertissuer": rootWithOwn(issuerMember),
  "webpki::aki::root-with-aki-authoritycertserialnumber": rootWithOwn(serialMember),
  "webpki::aki::root-with-aki-missing-keyidentifier": rootWith(),
  "webpki::aki::root-with-aki-ski-mismatch": rootWith(tlv(0x80, bytes(1, 2, 3))),
  "webpki::ca-as-leaf": () => two({ leaf: { ca: true, dns: ["example.com"], keyUsage: [0, 5] } }),
  "webpki::cn::case-mismatch": subject("EXAMPLE.com"),
  "webpki::cn::ipv4-hex-mismatch": subject("0x7f000001", onlyIp(127, 0, 0, 1)),
  "webpki::cn::ipv4-leading-zeros-mismatch": subject("127.000.000.001", onlyIp(127, 0, 0, 1)),
  "webpki::cn::ipv6-non-rfc5952-mismatch": subject("0:0:0::1", onlyIp(...loopback6)),
  "webpki::cn::ipv6-uncompressed-mismatch": subject("0:0:0:0:0:0:0:1", onlyIp(...loopback6)),
  "webpki::cn::ipv6-uppercase-mismatch": subject(
    "2001:DB8::1",
    onlyIp(0x20, 1, 0xd, 0xb8, ...Array<number>(11).fill(0), 1)
  ),
  "webpki::cn::not-in-san": subject("other.example"),
  "webpki::cn::punycode-not-in-san": subject("xn--bcher-kva.example"),
  "webpki::cn::utf8-vs-punycode-mismatch": () => ({
    ...two({ leaf: { subject: "bücher.example", dns: ["xn--bcher-kva.example"] } }),
    peer: "xn--bcher-kva.example"
  }),
  // A chain as public CAs issue it: a cross-signed root, an RSA intermediate, an EC leaf.
  "webpki::cryptographydotio-chain": () => {
    const old = root({ subject: "Old Root" })
    const crossed = middle(old, { subject: "New Root" })
    const issuer = middle(crossed, {
      keys: forgeKeys(2_048),
      pathLength: 0,
      extendedKeyUsage: [oids.server, oids.client]
    })
    const leaf = forge(issuer, {
      dns: ["example.com", "www.example.com"],
      extendedKeyUsage: [oids.server, oids.client]
    })
    return { leaf, intermediates: [issuer, crossed], anchors: [old] }
  },
  "webpki::cryptographydotio-chain-missing-intermediate": () => ({ ...three(), intermediates: [] }),
  "webpki::ee-basicconstraints-ca": () => two({ leaf: { ca: true, dns: ["example.com"], keyUsage: [0] } }),
  "webpki::eku::ee-anyeku": () => two({ leaf: { extendedKeyUsage: ["2.5.29.37.0"] } }),
  "webpki::eku::ee-critical-eku": () =>
    two({
      leaf: {
        instead: { extendedKeyUsage: forgedExtension("extendedKeyUsage", sequence(oid("1.3.6.1.5.5.7.3.1")), true) }
      }
    }),
  "webpki::eku::ee-without-eku": () => two({ leaf: { extendedKeyUsage: [] } }),
  "webpki::eku::root-has-eku": () => two({ root: { extendedKeyUsage: ["1.3.6.1.5.5.7.3.1"] } }),
  "webpki::explicit-curve": () => weak(explicit(), "leaf"),
  "webpki::forbidden-dsa-leaf": () => weak(dsa(), "leaf"),
  "webpki::forbidden-dsa-root": () => weak(dsa(), "root"),
  "webpki::forbidden-p192-leaf": () => weak(forgeKeys("P-192"), "leaf"),
  "webpki::forbidden-p192-root": () => weak(forgeKeys("P-192"), "root"),
  "webpki::forbidden-rsa-key-not-divisible-by-8-in-leaf": () => weak(forgeKeys(2_050), "leaf"),
  "webpki::forbidden-rsa-not-divisible-by-8-in-root": () => weak(forgeKeys(2_050), "root"),
  "webpki::forbidden-weak-rsa-in-leaf": () => weak(forgeKeys(1_024), "leaf"),
  "webpki::forbidden-weak-rsa-key-in-root": () => weak(forgeKeys(1_024), "root"),
  "webpki::malformed-aia": () =>
    two({ leaf: { more: [forgedExtension("1.3.6.1.5.5.7.1.1", text(0x0c, "malformed"))] } }),
  "webpki::san::exact-dns-san": named("example.com", "example.com"),
  "webpki::san::exact-localhost-ip-san": () => two({ leaf: onlyIp(127, 0, 0, 1) }),
  "webpki::san::leftmost-wildcard-san": named("foo.example.com", "*.example.com"),
  "webpki::san::mismatch-apex-subdomain-san": named("example.com", "abc.example.com"),
  "webpki::san::mismatch-domain-san": named("example.com", "other.example"),
  "webpki::san::mismatch-subdomain-apex-san": named("abc.example.com", "example.com"),
  "webpki::san::mismatch-subdomain-san": named("abc.example.com", "def.example.com"),
  "webpki::san::no-san": named("example.com"),
  "webpki::san::public-suffix-multi-label-wildcard-san": named("example.co.uk", "*.co.uk"),
  "webpki::san::public-suffix-private-namespace-wildcard-san": named("example.github.io", "*.github.io"),
  "webpki::san::public-suffix-wildcard-san": named("example.com", "*.com"),
  "webpki::san::san-critical-with-nonempty-subject": () =>
    two({
      leaf: { instead: { altNames: forgedExtension("altNames", sequence(generalName.dns("example.com")), true) } }
    }),
  "webpki::san::san-wildcard-only": named("example.com", "*"),
  "webpki::san::san-wildcard-only-tld": named("com", "*"),
  "webpki::san::unicode-emoji-san": named("xn--ls8h.example.com", "💩.example.com"),
  "webpki::san::wildcard-embedded-leftmost-san": named("barfoo.example.com", "ba*.example.com"),
  "webpki::san::wildcard-embedded-ulabel-san": named("xn--bcher-kva.example.com", "xn--*-kva.example.com"),
  "webpki::san::wildcard-match-across-labels-san": named("abc.def.example.com", "*.example.com"),
  "webpki::san::wildcard-not-in-leftmost-san": named("foo.bar.example.com", "foo.*.example.com"),
  "webpki::v1-cert": () => two({ leaf: { version: 1 } })
}

const oids = { server: "1.3.6.1.5.5.7.3.1", client: "1.3.6.1.5.5.7.3.2" }
