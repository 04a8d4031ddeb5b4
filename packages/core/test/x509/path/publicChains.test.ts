/** Chains in the shape in which public CAs issue them, as of 2026: their extensions, criticality and cross-signs. */
import { assert, describe, it } from "@effect/vitest"
import { distinguishedName, forge, forgedExtension, forgeKeys, type ForgeOptions, generalName } from "@posh/testing"
import { Result } from "effect"
import { oid, sequence, text, tlv } from "../chain/der.ts"
import { ca, expired, find, type World } from "./world.ts"

const [serverAuth, clientAuth] = ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]

const access = forgedExtension(
  "1.3.6.1.5.5.7.1.1",
  sequence(
    sequence(oid("1.3.6.1.5.5.7.48.1"), generalName.uri("http://ocsp.ca.example")),
    sequence(oid("1.3.6.1.5.5.7.48.2"), generalName.uri("http://ca.example/issuer.der"))
  )
)
const revocationLists = forgedExtension(
  "2.5.29.31",
  sequence(sequence(tlv(0xa0, tlv(0xa0, generalName.uri("http://ca.example/list.crl")))))
)
const policy = (...qualifiers: ReadonlyArray<Uint8Array>) => sequence(oid("2.23.140.1.2.1"), ...qualifiers)
const statement = sequence(sequence(oid("1.3.6.1.5.5.7.2.1"), text(0x16, "https://ca.example/cps")))
const policies = (value: Uint8Array) => forgedExtension("2.5.29.32", sequence(value))
const transparency = forgedExtension("1.3.6.1.4.1.11129.2.4.2", tlv(0x04, new Uint8Array(240)))

const usual = [access, revocationLists, policies(policy()), transparency]
const both = [serverAuth, clientAuth]
const issuing: ForgeOptions = { pathLength: 0, keyUsage: [0, 5, 6], extendedKeyUsage: both, more: usual.slice(0, 3) }
const name = (organization: string, common: string) =>
  distinguishedName(["2.5.4.6", "US"], ["2.5.4.10", organization], ["2.5.4.3", common])

const chains: ReadonlyArray<readonly [name: string, make: () => World & { readonly length: number }]> = [
  ["short-lived: no subject, subjectAltName critical, no identifier of the leaf's key", () => {
    const root = ca("ISRG Root", undefined, { instead: { issuerKeyId: null } })
    const issuer = ca("E7", root, issuing)
    const altNames = forgedExtension("altNames", sequence(generalName.dns("im.example.com")), true)
    const leaf = forge(issuer, { subject: distinguishedName(), instead: { altNames, keyId: null }, more: usual })
    return { leaf, intermediates: [issuer], anchors: [root], length: 3 }
  }],
  ["a new root in the store, and its cross-sign by an old one in the chain", () => {
    const keys = forgeKeys()
    const old = ca("GlobalSign Root CA")
    const root = forge(undefined, { ca: true, subject: name("GTS", "Root R1"), keys })
    const crossed = forge(old, { ca: true, subject: name("GTS", "Root R1"), keys, more: usual.slice(0, 3) })
    const issuer = forge(root, { ca: true, subject: name("GTS", "WR2"), keys: forgeKeys(2_048), ...issuing })
    return { leaf: forge(issuer, { more: usual }), intermediates: [issuer, crossed], anchors: [old, root], length: 3 }
  }],
  ["the same, without the new root in the store", () => {
    const keys = forgeKeys()
    const old = ca("AAA Certificate Services", undefined, { keyUsage: [5, 6], serial: Uint8Array.of(1) })
    const crossed = forge(old, {
      ca: true,
      subject: name("USERTRUST", "USERTrust"),
      keys,
      more: [revocationLists, access]
    })
    const issuer = forge(crossed, { ca: true, subject: name("Sectigo", "DV"), ...issuing })
    const leaf = forge(issuer, { extendedKeyUsage: both, more: [policies(policy(statement)), access, transparency] })
    return { leaf, intermediates: [issuer, crossed], anchors: [old], length: 4 }
  }],
  ["the old root has expired, but is still in the chain and in the store", () => {
    const keys = forgeKeys()
    const old = ca("DST Root CA X3", undefined, expired)
    const root = ca("ISRG Root X1", undefined, { keys })
    const crossed = ca("ISRG Root X1", old, { keys, ...expired })
    const issuer = ca("R3", root, issuing)
    return {
      leaf: forge(issuer, { more: usual }),
      intermediates: [issuer, crossed, old],
      anchors: [old, root],
      length: 3
    }
  }],
  ["a root without an identifier of its key, with the serial number 0", () => {
    const root = ca("TWCA Global Root CA", undefined, {
      serial: Uint8Array.of(0),
      instead: { keyId: null, issuerKeyId: null }
    })
    const issuer = ca("TWCA Secure SSL", root, { ...issuing, pathLength: 3 })
    return { leaf: forge(issuer, { more: usual }), intermediates: [issuer], anchors: [root], length: 3 }
  }]
]

describe("POSH-PRF-01: chains of public CAs", () => {
  it.each(chains)("%s", (_, make) => {
    const { length, ...world } = make()
    const path = Result.getOrThrow(find({ ...world, purpose: serverAuth }))
    assert.strictEqual(path.certificates.length, length)
  })
})
