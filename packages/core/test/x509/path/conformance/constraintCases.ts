/** Name constraints (RFC 5280 §4.2.1.10). */
import {
  distinguishedName,
  forge,
  forgedExtension,
  forgeKeys,
  type ForgeOptions,
  generalName,
  nameConstraints
} from "@posh/testing"
import { sequence, text, tlv } from "../../chain/der.ts"
import { type Cases, long, middle, root, three, two } from "./case.ts"

const { directory, dns, email, ip, other } = generalName
const otherType = "1.3.6.1.4.1.55555.7.12"
const acme = distinguishedName(["2.5.4.10", "Acme"])
const acmeServer = distinguishedName(["2.5.4.10", "Acme"], ["2.5.4.3", "server"])
const v4 = ip(192, 0, 2, 1)
const v4Network = ip(192, 0, 2, 0, 255, 255, 255, 0)
const v6 = ip(0x20, 1, 0xd, 0xb8, ...Array<number>(12).fill(1))
const v6Network = ip(0x20, 1, 0xd, 0xb8, ...Array<number>(12).fill(0), 255, 255, 255, 255, ...Array<number>(12).fill(0))

const permits = (base: Uint8Array, leaf: ForgeOptions = {}) => () => two({ root: { permitted: [base] }, leaf })
const excludes = (base: Uint8Array, leaf: ForgeOptions = {}) => () => two({ root: { excluded: [base] }, leaf })
const only = (...names: ReadonlyArray<Uint8Array>): ForgeOptions => ({ dns: [], names })
const constraints = (critical: boolean, ...permitted: ReadonlyArray<Uint8Array>) =>
  forgedExtension("nameConstraints", nameConstraints(permitted, []), critical)

export const constraintCases: Cases = {
  "cve::cve-2025-61727": () => ({
    ...excludes(dns("test.example.com"), { dns: ["*.example.com"] })(),
    peer: "foo.example.com"
  }),
  "cve::cve-2025-61727-nc-permits-variant": () => ({
    ...permits(dns("test.example.com"), { dns: ["*.example.com"] })(),
    peer: "test.example.com"
  }),
  "rfc5280::nc::excluded-different-constraint-type": excludes(v4Network),
  "rfc5280::nc::excluded-dn-match": excludes(directory(acme), { subject: acmeServer }),
  "rfc5280::nc::excluded-dn-match-sub-mismatch": excludes(directory(acme), { names: [directory(acmeServer)] }),
  "rfc5280::nc::excluded-dns-match": excludes(dns("example.com")),
  "rfc5280::nc::excluded-dns-match-second": () =>
    two({ root: { excluded: [dns("other.example"), dns("example.com")] } }),
  "rfc5280::nc::excluded-ipv4-match": excludes(v4Network, only(v4)),
  "rfc5280::nc::excluded-ipv6-match": excludes(v6Network, only(v6)),
  "rfc5280::nc::excluded-match-permitted-and-excluded": () =>
    two({
      root: { permitted: [dns("example.com")], excluded: [dns("example.com")] }
    }),
  "rfc5280::nc::excluded-self-issued-leaf": excludes(dns("example.com"), { subject: "Root" }),
  "rfc5280::nc::intermediate-with-san-rejected-by-intermediate-nc": () =>
    long({
      middles: [{ permitted: [dns("example.com")] }, { dns: ["other.example"] }]
    }),
  "rfc5280::nc::intermediate-with-san-rejected-by-root-nc": () =>
    long({
      root: { permitted: [dns("example.com")] },
      middles: [{ dns: ["other.example"] }]
    }),
  "rfc5280::nc::invalid-dnsname-leading-period": permits(dns(".example.com"), { dns: ["foo.example.com"] }),
  "rfc5280::nc::invalid-dnsname-wildcard": permits(dns("*.example.com"), { dns: ["foo.example.com"] }),
  "rfc5280::nc::invalid-email-address": permits(email("a@b@example.com"), only(email("me@example.com"))),
  "rfc5280::nc::invalid-ipv4-address": permits(ip(192, 0, 2, 0), only(v4)),
  "rfc5280::nc::invalid-ipv6-address": permits(ip(...Array<number>(17).fill(1)), only(v6)),
  "rfc5280::nc::nc-forbids-alternate-chain-ica": () => {
    const keys = forgeKeys()
    const anchors = [root({ subject: "Root A", excluded: [dns("example.com")] }), root({ subject: "Root B" })]
    const intermediates = anchors.map((anchor) => middle(anchor, { keys }))
    return { leaf: forge(intermediates[0]!), intermediates, anchors }
  },
  "rfc5280::nc::nc-forbids-dnsname-wildcard-san": () => ({
    ...excludes(dns("foo.example.com"), { dns: ["*.example.com"] })(),
    peer: "bar.example.com"
  }),
  "rfc5280::nc::nc-forbids-othername": excludes(other(otherType, text(0x0c, "x")), {
    names: [other(otherType, text(0x0c, "x"))]
  }),
  "rfc5280::nc::nc-forbids-othername-noop": excludes(other(otherType, text(0x0c, "x"))),
  "rfc5280::nc::nc-forbids-same-chain-ica": () => {
    const [anchor, keys] = [root(), forgeKeys()]
    const strict = middle(anchor, { keys, excluded: [dns("example.com")] })
    return { leaf: forge(strict), intermediates: [strict, middle(anchor, { keys })], anchors: [anchor] }
  },
  "rfc5280::nc::nc-permits-email-domain": permits(email("example.com"), only(email("me@example.com"))),
  "rfc5280::nc::nc-permits-email-exact": permits(email("me@example.com"), only(email("me@example.com"))),
  "rfc5280::nc::nc-permits-email-literal-asterisk-exact-match": permits(
    email("*@example.com"),
    only(email("*@example.com"))
  ),
  "rfc5280::nc::nc-permits-email-literal-asterisk-rejects-subdomain": permits(
    email("*@example.com"),
    only(email("*@sub.example.com"))
  ),
  "rfc5280::nc::nc-permits-email-literal-asterisk-rejects-user": permits(
    email("*@example.com"),
    only(email("me@example.com"))
  ),
  "rfc5280::nc::nc-permits-email-literal-double-asterisk": permits(
    email("**@example.com"),
    only(email("**@example.com"))
  ),
  "rfc5280::nc::nc-permits-email-literal-double-asterisk-rejects-single": permits(
    email("**@example.com"),
    only(email("*@example.com"))
  ),
  "rfc5280::nc::nc-permits-email-literal-mid-asterisk": permits(
    email("m*e@example.com"),
    only(email("m*e@example.com"))
  ),
  "rfc5280::nc::nc-permits-invalid-dns-san": permits(dns("example.com"), {
    dns: ["example.com", "bad name.example.com"]
  }),
  "rfc5280::nc::nc-permits-invalid-email-san": permits(email("example.com"), only(email("example.com"))),
  "rfc5280::nc::nc-permits-invalid-ip-san": permits(v4Network, only(ip(192, 0, 2))),
  "rfc5280::nc::not-allowed-in-ee-critical": () =>
    two({
      leaf: { instead: { nameConstraints: constraints(true, dns("example.com")) } }
    }),
  "rfc5280::nc::not-allowed-in-ee-noncritical": () =>
    two({
      leaf: { instead: { nameConstraints: constraints(false, dns("example.com")) } }
    }),
  "rfc5280::nc::permitted-different-constraint-type": permits(v4Network),
  "rfc5280::nc::permitted-dn-match": permits(directory(acme), { ...only(), subject: acmeServer }),
  "rfc5280::nc::permitted-dn-match-subject-san-mismatch": permits(directory(acme), {
    subject: acmeServer,
    names: [directory(distinguishedName(["2.5.4.10", "Other"]))]
  }),
  "rfc5280::nc::permitted-dn-mismatch": permits(directory(acme)),
  "rfc5280::nc::permitted-dns-match": permits(dns("example.com")),
  "rfc5280::nc::permitted-dns-match-more": () => ({
    ...permits(dns("example.com"), { dns: ["a.b.example.com"] })(),
    peer: "a.b.example.com"
  }),
  "rfc5280::nc::permitted-dns-match-noncritical": () =>
    two({
      root: { instead: { nameConstraints: constraints(false, dns("example.com")) } }
    }),
  "rfc5280::nc::permitted-dns-mismatch": permits(dns("other.example")),
  "rfc5280::nc::permitted-ip-mismatch": permits(v4Network, only(ip(192, 0, 3, 1))),
  "rfc5280::nc::permitted-ipv4-match": permits(v4Network, only(v4)),
  "rfc5280::nc::permitted-ipv6-match": permits(v6Network, only(v6)),
  "rfc5280::nc::permitted-self-issued": () =>
    long({
      root: { permitted: [dns("example.com")] },
      middles: [{ subject: "Root", dns: ["other.example"] }]
    }),
  "rfc5280::nc::restrictive-permits-in-intermediates-narrows": () => ({
    ...long({ middles: [{ permitted: [dns("example.com")] }, { permitted: [dns("foo.example.com")] }] }),
    peer: "example.com"
  }),
  "rfc5280::nc::restrictive-permits-in-intermediates-widens": () =>
    long({
      middles: [{ permitted: [dns("foo.example.com")] }, { permitted: [dns("example.com")] }]
    }),
  "webpki::nc::intermediate-permitted-excluded-subtrees-both-empty-sequences": () =>
    three({
      middle: { instead: { nameConstraints: forgedExtension("nameConstraints", sequence(tlv(0xa0), tlv(0xa1)), true) } }
    }),
  "webpki::nc::intermediate-permitted-excluded-subtrees-both-null": () =>
    three({
      middle: { instead: { nameConstraints: forgedExtension("nameConstraints", sequence(), true) } }
    }),
  "webpki::nc::nc-permits-dns-san-pattern": () => ({
    ...permits(dns("example.com"), { dns: ["*.example.com"] })(),
    peer: "foo.example.com"
  }),
  "webpki::nc::permitted-dns-match-noncritical": () =>
    two({
      root: { instead: { nameConstraints: constraints(false, dns("example.com")) } }
    })
}
