/**
 * The chain check refuses what it does not support, instead of ignoring it: such a chain is invalid if a question
 * requires the check (POSH-MAT-21, POSH-MAT-22).
 */
import { assert, layer } from "@effect/vitest"
import { base64, Behave } from "@posh/testing"
import { Effect, Layer } from "effect"
import { verify } from "../../asking.ts"
import { draftPath, layerVerifier, layerWorld } from "../../world/world.ts"
import { type Attribute, name as dn, oid, sequence, text, tlv } from "./der.ts"
import { certificate, common, extension, makeKeys, type Parts, yes } from "./forge.ts"

interface Row {
  readonly name: string
  /** Changes to the certificates of a valid chain. */
  readonly leaf?: Parts
  readonly issuer?: Parts
  readonly anchor?: Parts
  readonly code: "Verified" | "ChainInvalid"
}

const dns = (value: string) => text(0x82, value)
const mail = (value: string) => text(0x81, value)
const uri = (value: string) => text(0x86, value)
const ip = (...octets: ReadonlyArray<number>) => tlv(0x87, Uint8Array.from(octets))
const directory = (...attributes: ReadonlyArray<Attribute>) => tlv(0xa4, dn(...attributes))
const integer = (...content: ReadonlyArray<number>) => tlv(0x02, Uint8Array.from(content))

const names = (...names: ReadonlyArray<Uint8Array>) => extension("2.5.29.17", sequence(...names))
const permitted = (...bases: ReadonlyArray<Uint8Array>) => tlv(0xa0, ...bases.map((base) => sequence(base)))
const excluded = (...bases: ReadonlyArray<Uint8Array>) => tlv(0xa1, ...bases.map((base) => sequence(base)))
const constraints = (...lists: ReadonlyArray<Uint8Array>): Parts => ({
  extensions: [extension("2.5.29.30", sequence(...lists), yes)]
})
const others = (...extensions: ReadonlyArray<Uint8Array>): Parts => ({ extensions })
const organisation = (tag: number, value: string): Attribute => ["2.5.4.10", tag, value]
const utf16 = (value: string) => Buffer.from(value, "utf16le").swap16().toString("latin1")
const policies = (...policies: ReadonlyArray<Uint8Array>) => sequence(...policies)
const policy = (dotted: string, ...qualifiers: ReadonlyArray<string>) =>
  sequence(
    oid(dotted),
    ...(qualifiers.length === 0 ? [] : [sequence(...qualifiers.map((id) => sequence(oid(id), text(0x16, "x"))))])
  )

const evil = dns("evil.example")
const other = dns("other.example")
const good = names(dns("good.example"))

const refused = (name: string, parts: Omit<Row, "name" | "code">): Row => ({ name, ...parts, code: "ChainInvalid" })
const accepted = (name: string, parts: Omit<Row, "name" | "code">): Row => ({ name, ...parts, code: "Verified" })
/** With a leaf for evil.example. */
const refusedAbove = (name: string, issuer: Parts): Row => refused(name, { issuer, leaf: others(names(evil)) })
const acceptedAbove = (name: string, issuer: Parts): Row => accepted(name, { issuer, leaf: others(names(evil)) })

// RFC 5280 §4.2.1.10, syntax.
const nameConstraints: ReadonlyArray<Row> = [
  acceptedAbove("permitted and excluded", constraints(permitted(evil), excluded(other))),
  acceptedAbove("excluded alone", constraints(excluded(other))),
  refusedAbove("excluded", constraints(excluded(evil))),
  refusedAbove("two lists of excluded", constraints(excluded(other), excluded(evil))),
  refusedAbove("two lists of permitted", constraints(permitted(evil), permitted(other))),
  refusedAbove("excluded before permitted", constraints(excluded(other), permitted(evil))),
  refusedAbove("a third list", constraints(permitted(evil), excluded(other), tlv(0xa2))),
  refusedAbove("a primitive list", constraints(tlv(0x81, sequence(evil)))),
  refusedAbove("a list of another number", constraints(tlv(0xa2, sequence(evil)))),
  refusedAbove("values that are no lists", constraints(tlv(0x05), tlv(0x05))),
  refusedAbove("no list", constraints()),
  refusedAbove("an empty list of excluded", constraints(excluded())),
  refusedAbove("an empty list of permitted", constraints(permitted(), excluded(other))),
  refusedAbove(
    "octets after them",
    others(extension(
      "2.5.29.30",
      Buffer.concat([
        sequence(excluded(other)),
        sequence(excluded(evil))
      ])
    ))
  ),
  refusedAbove("a minimum", constraints(tlv(0xa1, sequence(other, tlv(0x80, Uint8Array.of(1)))))),
  refusedAbove("a maximum", constraints(tlv(0xa1, sequence(other, tlv(0x81, Uint8Array.of(9)))))),
  refusedAbove("not critical, and malformed", others(extension("2.5.29.30", sequence(tlv(0x81, sequence(evil)))))),
  refused("malformed, in the anchor", {
    anchor: others(extension("2.5.29.30", sequence(tlv(0x81, sequence(evil))))),
    leaf: others(names(evil))
  })
]

// RFC 5280 §4.2.1.10, comparison.
const subtrees: ReadonlyArray<Row> = [
  refused("a mailbox with two @", {
    issuer: constraints(permitted(mail("example.com"))),
    leaf: others(names(mail("invalid@address@example.com")))
  }),
  refused("a mailbox with an @ at its end", {
    issuer: constraints(permitted(mail("example.com"))),
    leaf: others(names(mail("a@example.com@")))
  }),
  refused("an excluded mailbox with two @", {
    issuer: constraints(excluded(mail("a@b@evil.example"))),
    leaf: others(names(mail("a@good.example")))
  }),
  refused("an empty mailbox, excluded", {
    issuer: constraints(excluded(mail(""))),
    leaf: others(names(mail("a@evil.example")))
  }),
  refused("an empty URI, excluded", {
    issuer: constraints(excluded(uri(""))),
    leaf: others(names(uri("https://evil.example/")))
  }),
  refused("an otherName without a value, excluded", {
    issuer: constraints(excluded(tlv(0xa0, oid("1.3.6.1.5.5.7.8.5")))),
    leaf: others(good)
  }),
  refused("an otherName with more than a value", {
    issuer: constraints(excluded(tlv(0xa0, oid("2.999.1"), tlv(0xa0, tlv(0x05)), tlv(0x05)))),
    leaf: others(good)
  }),
  refused("an address with half a mask", {
    issuer: constraints(excluded(ip(192, 0, 2, 0, 255, 255))),
    leaf: others(good)
  }),
  refused("an excluded directory, in another string type", {
    issuer: constraints(excluded(directory(organisation(0x0c, "Evil")))),
    leaf: { ...others(good), subject: dn(["2.5.4.10", 0x1e, utf16("Evil")]) }
  }),
  refused("an excluded directory of another string type", {
    issuer: constraints(excluded(directory(["2.5.4.10", 0x1e, utf16("Evil")]))),
    leaf: { ...others(good), subject: dn(organisation(0x0c, "Evil")) }
  }),
  refused("an excluded directory, with a letter that does not show", {
    issuer: constraints(excluded(directory(organisation(0x0c, "Evil")))),
    leaf: { ...others(good), subject: dn(organisation(0x0c, "Ev\u00ad\u200bil")) }
  }),
  refused("an excluded directory, with a letter that folds into two", {
    issuer: constraints(excluded(directory(organisation(0x0c, "STRASSE")))),
    leaf: { ...others(good), subject: dn(organisation(0x0c, "straße")) }
  }),
  accepted("another directory, in another string type, where nothing is excluded", {
    issuer: constraints(excluded(other)),
    leaf: { ...others(good), subject: dn(["2.5.4.10", 0x1e, utf16("Evil")]) }
  }),
  refused("a part of a name without an attribute", {
    issuer: constraints(excluded(other)),
    leaf: { ...others(good), subject: sequence(tlv(0x31)) }
  }),
  refused("an empty list of names", {
    issuer: constraints(excluded(mail("evil.example"))),
    leaf: { ...others(names()), subject: dn(["1.2.840.113549.1.9.1", 0x16, "a@evil.example"]) }
  })
]

// RFC 5280 §4.2.1.4, §4.2.1.5, §4.2.1.11, §4.2.1.14.
const explicitPolicy = sequence(tlv(0x80, Uint8Array.of(0)))
const policyRows: ReadonlyArray<Row> = [
  refused("policy constraints", { issuer: others(extension("2.5.29.36", explicitPolicy)) }),
  refused("policy constraints, critical", { issuer: others(extension("2.5.29.36", explicitPolicy, yes)) }),
  refused("policy constraints, of the anchor", { anchor: others(extension("2.5.29.36", explicitPolicy)) }),
  refused("policy constraints, of the leaf", { leaf: others(extension("2.5.29.36", explicitPolicy)) }),
  refused("policy constraints without any", { issuer: others(extension("2.5.29.36", sequence())) }),
  accepted("inhibitAnyPolicy", { issuer: others(extension("2.5.29.54", integer(0), yes)) }),
  refused("inhibitAnyPolicy that is not an INTEGER", { issuer: others(extension("2.5.29.54", sequence(), yes)) }),
  refused("negative inhibitAnyPolicy", { issuer: others(extension("2.5.29.54", integer(0xff))) }),
  accepted("a policy", { issuer: others(extension("2.5.29.32", policies(policy("2.999.1")), yes)) }),
  accepted("a policy with a CPS pointer", {
    issuer: others(extension("2.5.29.32", policies(policy("2.999.1", "1.3.6.1.5.5.7.2.1")), yes))
  }),
  accepted("a policy with an unknown qualifier", {
    issuer: others(extension("2.5.29.32", policies(policy("2.999.1", "2.999.2"))))
  }),
  refused("a policy with an unknown qualifier, critical", {
    issuer: others(extension("2.5.29.32", policies(policy("2.999.1", "2.999.2")), yes))
  }),
  refused("a policy twice", {
    issuer: others(extension("2.5.29.32", policies(policy("2.999.1"), policy("2.999.1"))))
  }),
  refused("no policy", { issuer: others(extension("2.5.29.32", policies())) }),
  refused("malformed policies", { issuer: others(extension("2.5.29.32", tlv(0x05), yes)) }),
  accepted("a policy mapped", {
    issuer: others(extension("2.5.29.33", sequence(sequence(oid("2.999.1"), oid("2.999.2")))))
  }),
  refused("a policy mapped, critical", {
    issuer: others(extension("2.5.29.33", sequence(sequence(oid("2.999.1"), oid("2.999.2"))), yes))
  }),
  refused("anyPolicy mapped", {
    issuer: others(extension("2.5.29.33", sequence(sequence(oid("2.5.29.32.0"), oid("2.999.2")))))
  })
]

// RFC 5280 §4.1, §4.2.
const version = (...content: ReadonlyArray<number>) => [tlv(0xa0, integer(...content))]
const fields: ReadonlyArray<Row> = [
  accepted("no change", {}),
  refused("extensions in version 1", { issuer: { version: [] } }),
  refused("extensions in version 2", { issuer: { version: version(1) } }),
  refused("extensions in version 1, of the leaf", { leaf: { ...others(good), version: [] } }),
  refused("version 4", { issuer: { version: version(3) } }),
  refused("a version of two octets", { issuer: { version: version(1, 2) } }),
  refused("an extension twice", { issuer: others(extension("2.999.1", sequence()), extension("2.999.1", sequence())) }),
  refused("an extension with a field more", {
    issuer: others(sequence(oid("2.999.1"), tlv(0x01, Uint8Array.of(0)), tlv(0x04), tlv(0x05)))
  }),
  accepted("critical FALSE, encoded", {
    issuer: others(sequence(oid("2.999.1"), tlv(0x01, Uint8Array.of(0)), tlv(0x04)))
  })
]

const keys = { anchor: makeKeys(), issuer: makeKeys(), leaf: makeKeys() }
const isCa = extension("2.5.29.19", sequence(yes), yes)
const above = (parts: Parts): Parts => ({ ...parts, extensions: [isCa, ...parts.extensions ?? []] })

const chainOf = ({ anchor = {}, issuer = {}, leaf = {} }: Row) => [
  certificate({ issuer: common("Issuer"), issuerKeys: keys.issuer, keys: keys.leaf, ...leaf }),
  certificate({
    issuer: common("Anchor"),
    issuerKeys: keys.anchor,
    subject: common("Issuer"),
    keys: keys.issuer,
    ...above(issuer)
  }),
  certificate({ subject: common("Anchor"), keys: keys.anchor, ...above(anchor) })
]

const rows = [...fields, ...nameConstraints, ...subtrees, ...policyRows].map((row, index) => {
  const { code, name } = row
  return { name, code, domain: `${index}.not-understood.example`, chain: chainOf(row) }
})

const jwk = keys.leaf.publicKey.export({ format: "jwk" })
const hosts = Object.fromEntries(
  rows.map(({ chain, domain }) => {
    const published = Behave.json({ keys: [{ ...jwk, x5c: chain.map(base64) }] })
    return [domain, { routes: { [draftPath]: published } }]
  })
)

layer(layerVerifier().pipe(Layer.provide(layerWorld(hosts))), { excludeTestServices: true })(
  "the chain check",
  (it) => {
    it.effect.each(rows)("$name: $code", ({ chain, code, domain }) =>
      Effect.gen(function*() {
        const question = { domain, service: "xmpp-server", certificate: base64(chain[0]!) }
        assert.strictEqual((yield* verify(question)).code, "Verified")
        const verdict = yield* verify({ ...question, chainCheck: "require" })
        assert.strictEqual(verdict.code, code)
      }))
  }
)
