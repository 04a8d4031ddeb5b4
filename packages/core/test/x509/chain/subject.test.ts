import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { checkChain } from "../../../src/x509/chain/Chain.ts"
import { type Attribute, name, sequence, text, tlv } from "./der.ts"
import { certificate, common, extension, makeKeys, yes } from "./forge.ts"

const [anchorKeys, leafKeys] = [makeKeys(), makeKeys()]
const mailbox: Attribute = ["1.2.840.113549.1.9.1", 0x16, "me@a.example"]
const organisation = (value: string): Attribute => ["2.5.4.10", 0x0c, value]

const altNames = (...names: ReadonlyArray<Uint8Array>) => extension("2.5.29.17", sequence(...names))
const excluded = (base: Uint8Array) => tlv(0xa1, sequence(base))
const permitted = (base: Uint8Array) => tlv(0xa0, sequence(base))
const mailHost = text(0x81, "a.example")
const directory = (...attributes: ReadonlyArray<Attribute>) => tlv(0xa4, name(...attributes))
const dns = text(0x82, "a.example")

interface Row {
  readonly name: string
  readonly constraint: Uint8Array
  readonly subject: Uint8Array
  readonly altNames?: Uint8Array
  readonly valid: boolean
}

const rows: ReadonlyArray<Row> = [
  {
    name: "in a permitted directory",
    constraint: permitted(directory(organisation("X"))),
    subject: name(organisation("X")),
    valid: true
  },
  {
    name: "in another",
    constraint: permitted(directory(organisation("X"))),
    subject: name(organisation("Y")),
    valid: false
  },
  {
    name: "in an excluded directory",
    constraint: excluded(directory(organisation("X"))),
    subject: name(organisation("X")),
    valid: false
  },
  {
    name: "empty",
    constraint: permitted(directory(organisation("X"))),
    subject: name(),
    altNames: altNames(dns),
    valid: true
  },
  { name: "an excluded mailbox", constraint: excluded(mailHost), subject: name(mailbox), valid: false },
  {
    name: "a mailbox beside alternative names",
    constraint: excluded(mailHost),
    subject: name(mailbox),
    altNames: altNames(dns),
    valid: true
  },
  {
    name: "an alternative name that is malformed",
    constraint: permitted(dns),
    subject: name(),
    altNames: altNames(tlv(0x8f)),
    valid: false
  }
]

describe("subjects under name constraints (RFC 5280 §4.2.1.10)", () => {
  it.each(rows)("$name", ({ altNames, constraint, subject, valid }) => {
    const anchor = certificate({
      subject: common("Anchor"),
      keys: anchorKeys,
      extensions: [extension("2.5.29.19", sequence(yes), yes), extension("2.5.29.30", sequence(constraint), yes)]
    })
    const leaf = certificate({
      issuer: common("Anchor"),
      issuerKeys: anchorKeys,
      subject,
      keys: leafKeys,
      ...(altNames === undefined ? {} : { extensions: [altNames] })
    })
    const result = checkChain([leaf, anchor], { now: Date.UTC(2026, 6, 1), allowSha1: false })
    assert.strictEqual(Result.isSuccess(result), valid, JSON.stringify(result))
  })

  it("an anchor of version 1, which has no extensions", () => {
    const anchor = certificate({ version: [], subject: common("Anchor"), keys: anchorKeys })
    const leaf = certificate({ issuer: common("ANCHOR "), issuerKeys: anchorKeys })
    assert.deepStrictEqual(checkChain([leaf, anchor], { now: Date.UTC(2026, 6, 1), allowSha1: false }), Result.void)
  })

  it("an issuer of version 1 below the anchor (RFC 5280 §6.1.4 (k))", () => {
    const anchor = certificate({ version: [], subject: common("Anchor"), keys: anchorKeys })
    const issuer = certificate({
      version: [],
      issuer: common("Anchor"),
      issuerKeys: anchorKeys,
      subject: common("Old"),
      keys: leafKeys
    })
    const leaf = certificate({ issuer: common("Old"), issuerKeys: leafKeys })
    const result = checkChain([leaf, issuer, anchor], { now: Date.UTC(2026, 6, 1), allowSha1: false })
    assert.deepStrictEqual(Result.getOrThrow(Result.flip(result)).index, 1)
  })
})
