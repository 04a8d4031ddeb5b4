/** A packed association reads as the one that was packed, and shares no memory with it (POSH-CAC-05). */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import type { Association } from "../../../src/association/Association.ts"
import { hashLengths, hashNames, type Material } from "../../../src/association/Material.ts"
import { PackedAssociation } from "../../../src/cache/store/PackedAssociation.ts"
import { type LintCode, lintSummaries } from "../../../src/Lint.ts"
import type { Domain } from "../../../src/question/Domain.ts"
import type { ServiceKey } from "../../../src/question/Service.ts"
import { toPlain } from "./toPlain.ts"

const integer = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const instant = integer(0, 2 ** 50)
const list = <S extends Schema.Top>(schema: S, least = 0) =>
  Schema.Array(schema).check(Schema.isMinLength(least), Schema.isMaxLength(5))

const Hops = list(Schema.Struct({
  url: Schema.String,
  status: Schema.optionalKey(integer(100, 599)),
  address: Schema.optionalKey(Schema.String),
  tlsLeafSha256: Schema.optionalKey(Schema.String),
  startedAt: instant,
  endedAt: instant,
  document: Schema.optionalKey(Schema.Literals(["jwk-set", "fingerprints", "reference"])),
  documentSha256: Schema.optionalKey(Schema.String)
}))

const codes = Object.keys(lintSummaries) as Array<LintCode>

const Lints = list(Schema.Struct({
  code: Schema.Literals(codes),
  severity: Schema.Literals(["error", "warning", "info"]),
  message: Schema.Union([Schema.Literals(Object.values(lintSummaries)), Schema.String]),
  path: Schema.optionalKey(Schema.String)
}))

/** Which hashes a descriptor has, and the octet that they repeat. */
const Descriptors = list(Schema.Struct({ index: integer(0, 65_535), flags: integer(1, 7), octet: integer(0, 255) }), 1)

const Entries = list(
  Schema.Struct({
    index: integer(0, 31),
    kid: Schema.optionalKey(Schema.String),
    lengths: list(integer(0, 100), 1),
    notBefore: instant,
    notAfter: instant
  }),
  1
)

const filled = (length: number, octet: number) => new Uint8Array(length).fill(octet)

const toFingerprints = (descriptors: typeof Descriptors.Type): Material => ({
  _tag: "Fingerprints",
  descriptors: descriptors.map(({ flags, index, octet }) => ({
    index,
    hashes: Object.fromEntries(
      hashNames.flatMap((name, bit) =>
        (flags & (1 << bit)) === 0 ? [] : [[name, filled(hashLengths[name], octet + bit)]]
      )
    )
  }))
})

const toJwkSet = (entries: typeof Entries.Type): Material => ({
  _tag: "JwkSet",
  entries: entries.map(({ lengths, ...entry }) => ({
    ...entry,
    chain: lengths.map((length) => filled(length, length)),
    sha256: filled(32, 1),
    spkiSha256: filled(32, 2)
  }))
})

const toAssociation = (material: Material, parts: Partial<Association>): Association => ({
  domain: "hosted.example" as Domain,
  service: "xmpp-server" as ServiceKey,
  generation: "rfc7711",
  material,
  lints: [],
  hops: [],
  delegation: "redirect",
  delegatedDomain: "hosting.example" as Domain,
  lifetime: { fetchedAt: 1, revalidateAt: 2, graceUntil: 3, expiresAt: Number.MAX_SAFE_INTEGER },
  ...parts
})

describe("a packed association", () => {
  it.prop(
    "reads as the one that was packed",
    [Descriptors, Entries, Hops, Lints],
    ([descriptors, entries, hops, lints]) => {
      for (const material of [toFingerprints(descriptors), toJwkSet(entries)]) {
        const original = toAssociation(material, { hops, lints })
        assert.deepStrictEqual(toPlain(new PackedAssociation(original)), original)
      }
    }
  )

  it("keeps what it read although its source changes", () => {
    const sha256 = new Uint8Array(32).fill(1)
    const source = toAssociation(
      { _tag: "Fingerprints", descriptors: [{ index: 0, hashes: { "sha-256": sha256 } }] },
      {}
    )
    const packed = new PackedAssociation(source)
    sha256.fill(2)
    const { material } = packed
    assert.deepStrictEqual(
      material._tag === "Fingerprints" ? material.descriptors[0]?.hashes["sha-256"] : undefined,
      new Uint8Array(32).fill(1)
    )
  })
})
