/**
 * Where the outcome is not that of the public cases, and why. An entry whose case has the public outcome fails the test, so that
 * the list only tells what is so.
 */
export interface Exception {
  /**
   * `not built`: there is no case. `revocation`: not checked. `web profile`: a rule of the CA/Browser Forum for public CAs, which
   * RFC 5280 does not have, and certificates of private CAs break. The others count as wrong: `stricter` refuses what the cases
   * accept, `looser` accepts what they refuse.
   */
  readonly kind: "not built" | "revocation" | "web profile" | "stricter" | "looser"
  readonly reason: string
}

const revocation = (reason: string): Exception => ({ kind: "revocation", reason })
const webProfile = (reason: string): Exception => ({ kind: "web profile", reason })

const commonNames = webProfile(
  "BR §7.1.4.3: a common name repeats a subjectAltName; here it is never read (POSH-PRF-03)"
)

export const online: Exception = {
  kind: "not built",
  reason: "the certificates of a public web site of that day; webpki::cryptographydotio-chain has the same shape"
}

export const exceptions: Readonly<Record<string, Exception>> = {
  "crl::crlnumber-critical": revocation("no CRL is read (POSH-PRF-08)"),
  "crl::crlnumber-missing": revocation("no CRL is read (POSH-PRF-08)"),
  "crl::issuer-missing-crlsign": revocation("no CRL is read (POSH-PRF-08); the path does not need cRLSign"),
  "crl::revoked-certificate-with-crl": revocation("no CRL is read (POSH-PRF-08)"),
  "rfc5280::ski::root-missing-ski": {
    kind: "looser",
    reason: "an anchor is a name and a key (RFC 5280 §6.1.1 (d)); TWCA Global Root CA, one of Mozilla's roots, has none"
  },
  "rfc5280::validity::notafter-fractional": {
    kind: "stricter",
    reason: "POSH-MAT-02: t ≤ notAfter in milliseconds, so that no yes is after an end"
  },
  "webpki::aki::root-with-aki-all-fields": webProfile(
    "BR §7.1.2.1.3; RFC 5280 §4.2.1.1 allows it, and Easy-RSA writes it"
  ),
  "webpki::cn::case-mismatch": commonNames,
  "webpki::cn::ipv4-hex-mismatch": commonNames,
  "webpki::cn::ipv4-leading-zeros-mismatch": commonNames,
  "webpki::cn::ipv6-non-rfc5952-mismatch": commonNames,
  "webpki::cn::ipv6-uncompressed-mismatch": commonNames,
  "webpki::cn::ipv6-uppercase-mismatch": commonNames,
  "webpki::cn::not-in-san": commonNames,
  "webpki::cn::punycode-not-in-san": commonNames,
  "webpki::cn::utf8-vs-punycode-mismatch": commonNames,
  "webpki::eku::ee-critical-eku": webProfile("BR §7.1.2.7.6; RFC 5280 §4.2.1.12 allows both"),
  "webpki::eku::ee-without-eku": webProfile("BR §7.1.2.7.6; POSH-PRF-01 and rfc5280::eku::ee-without-eku: if present"),
  "webpki::eku::root-has-eku": webProfile("BR §7.1.2.1.2; RFC 5280 has no rule for anchors"),
  "webpki::nc::permitted-dns-match-noncritical": {
    kind: "stricter",
    reason: "RFC 5280 §4.2.1.10 demands critical, and rfc5280::nc::permitted-dns-match-noncritical that it decides"
  },
  "webpki::san::san-critical-with-nonempty-subject": webProfile("BR §7.1.2.7.12; a SHOULD of RFC 5280 §4.2.1.6")
}
