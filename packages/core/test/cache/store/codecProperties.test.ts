import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import type { Association } from "../../../src/association/Association.ts"
import { decodeAssociation, decodeNegative, encodeAssociation, encodeNegative } from "../../../src/cache/store/codec.ts"
import { unwrap } from "../../../src/cache/store/codec/envelope.ts"
import { printable } from "../../../src/encoding/quote.ts"
import { edit, Edits, within } from "../../mutation.ts"
import { domain, fingerprints, framed, jwkSet, keys, negative, service, unreadableIssuer } from "./stored.ts"
import { associationOf } from "./storeSuite.ts"

describe("untrusted text of the store", () => {
  const originals = [fingerprints, jwkSet, unreadableIssuer]
  const texts = originals.map(encodeAssociation)
  const isSound = ({ lifetime, material }: Association) =>
    lifetime.fetchedAt <= lifetime.revalidateAt && lifetime.revalidateAt <= lifetime.graceUntil &&
    lifetime.graceUntil <= lifetime.expiresAt &&
    (material._tag === "Fingerprints" ? material.descriptors : material.entries).length > 0

  const Which = Schema.Literals([0, 1, 2])

  it.prop("edited text is refused, or decoded as it was", [Which, Edits], ([which, edits]) => {
    const original = originals[which]!
    const edited = edit(texts[which]!, edits)
    const read = within(1_000, () => decodeAssociation(edited, keys[original.generation]))
    if (edited === texts[which]) assert.deepStrictEqual(read, original)
    else assert.isUndefined(read)
  }, { arbitrary: { runs: 20_000 } })

  it.prop("edited text with a valid digest is refused, or a valid association", [Which, Edits], ([which, edits]) => {
    const { generation } = originals[which]!
    const read = within(
      1_000,
      () => decodeAssociation(framed(edit(unwrap(texts[which]!) ?? "", edits).toWellFormed()), keys[generation])
    )
    if (read === undefined) return
    assert.isTrue(isSound(read))
    assert.deepStrictEqual([read.domain, read.service, read.generation], [domain, service, generation])
    assert.deepStrictEqual(decodeAssociation(encodeAssociation(read), keys[generation]), read)
  }, { arbitrary: { runs: 5_000 } })

  it.prop(
    "edited negative entries are refused, or decoded as they were; with a valid digest, valid",
    [Edits],
    ([edits]) => {
      const text = encodeNegative(negative, keys.draft)
      const edited = edit(text, edits)
      assert.strictEqual(within(1_000, () => decodeNegative(edited, keys.draft)) !== undefined, edited === text)
      const read = decodeNegative(framed(edit(unwrap(text) ?? "", edits).toWellFormed()), keys.draft)
      assert.isTrue(read === undefined || (read.until >= read.learnedAt && read.until - read.learnedAt <= 3_600_000))
    },
    { arbitrary: { runs: 5_000 } }
  )

  it.prop("random text is refused", [Schema.String], ([text]) => {
    for (const tried of [text, framed(`{${text.toWellFormed()}`)]) {
      assert.isUndefined(decodeAssociation(tried, keys.rfc7711))
      assert.isUndefined(decodeNegative(tried, keys.rfc7711))
    }
  }, { arbitrary: { runs: 3_000 } })

  const Hash = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 })))
    .check(Schema.isMinLength(32), Schema.isMaxLength(32))
  it.prop("any association is decoded as it was", [
    Schema.Array(Hash).check(Schema.isMinLength(1), Schema.isMaxLength(64)),
    Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 8e14 })),
    Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 604_800_000 })),
    Schema.String,
    Schema.Boolean
  ], ([hashes, fetchedAt, life, message, hasHops]) => {
    const sample = associationOf(keys.rfc7711, fetchedAt, life)
    const association: Association = {
      ...sample,
      material: {
        _tag: "Fingerprints",
        descriptors: hashes.map((hash, index) => ({ index, hashes: { "sha-256": Uint8Array.from(hash) } }))
      },
      lints: [{ code: "KidDuplicate", severity: "warning", message: printable(message, 4_095) }],
      hops: hasHops ? sample.hops : []
    }
    assert.deepStrictEqual(decodeAssociation(encodeAssociation(association), keys.rfc7711), association)
  }, { arbitrary: { runs: 2_000 } })
})
