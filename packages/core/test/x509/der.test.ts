import { assert, describe, it } from "@effect/vitest"
import { greenhouse, seedCa, seedExample1, seedLeaf } from "@posh/testing"
import { isDer } from "../../src/x509/der.ts"
import { sequence, tlv } from "./chain/der.ts"

const integer = "020101"
const nested = (depth: number): Uint8Array => depth === 0 ? tlv(0x05) : sequence(nested(depth - 1))
const integers = (count: number) => sequence(...Array.from({ length: count }, () => tlv(0x02, Uint8Array.of(1))))

describe("isDer", () => {
  it.each<[string, string | Uint8Array, boolean]>([
    ["a certificate", greenhouse.next, true],
    ["a certificate of the seed", seedLeaf(seedExample1), true],
    ["its issuer", seedCa, true],
    ["an empty sequence", "3000", true],
    ["values in a sequence", `3006${integer}${integer}`, true],
    ["a context-specific value", "80020000", true],

    ["nothing", "", false],
    ["a tag alone", "30", false],
    ["trailing octets", "300000", false],
    ["a second value", `${integer}${integer}`, false],
    ["content cut off", "0203ffff", false],
    ["a child that outgrows its parent", `3003020201`, false],
    ["a child that its parent cuts in two", "30040202010101", false],
    ["rests of a child", "30040201010a", false],
    ["indefinite length", "30800000", false],
    ["reserved length", "30ff", false],
    ["length in more octets than needed", "30810000", false],
    ["length with a leading zero", `30820003${integer}`, false],
    ["length with a leading zero, of a long value", Buffer.from([0x04, 0x82, 0, 0x80, ...Buffer.alloc(0x80)]), false],
    ["length in nine octets", Buffer.from([0x04, 0x89, 1, ...Buffer.alloc(0x80)]), false],
    ["long form for a short length", `308103${integer}`, false],
    ["length cut off", "3082", false],
    ["length beyond all octets", "3084ffffffff", false],
    ["length in five octets", "30850100000000", false],
    ["a tag number of its own octets", "1f8100", false],
    ["end of contents", "0000", false],
    ["primitive SEQUENCE", "1000", false],
    ["primitive SET", "1100", false],
    ["constructed OCTET STRING", "2403040141", false],
    ["constructed BIT STRING", "2304030200ff", false],

    ["FALSE", "010100", true],
    ["TRUE", "0101ff", true],
    ["TRUE as BER has it", "010101", false],
    ["empty BOOLEAN", "0100", false],
    ["zero", "020100", true],
    ["a negative number", "0201ff", true],
    ["128", "02020080", true],
    ["−129", "0202ff7f", true],
    ["empty INTEGER", "0200", false],
    ["INTEGER with a zero too many", "02020001", false],
    ["INTEGER with an FF too many", "0202ff80", false],
    ["ENUMERATED with a zero too many", "0a020001", false],
    ["NULL", "0500", true],
    ["NULL with content", "050100", false],
    ["empty BIT STRING", "030100", true],
    ["BIT STRING with unused bits", "030205a0", true],
    ["BIT STRING without a count", "0300", false],
    ["BIT STRING with 8 unused bits", "03020800", false],
    ["BIT STRING with unused bits of nothing", "030101", false],
    ["BIT STRING with unused bits set", "030205a1", false],
    ["OID", "06032b0601", true],
    ["OID with an arc of two octets", "06032a8648", true],
    ["empty OID", "0600", false],
    ["OID cut off within an arc", "06022b86", false],
    ["OID with a zero too many", "06032b8001", false],

    ["32 levels", nested(31), true],
    ["33 levels", nested(32), false],
    ["5,000 levels", nested(5_000), false],
    ["512 elements", integers(511), true],
    ["513 elements", integers(512), false]
  ])(
    "%s",
    (_, value, expected) =>
      assert.strictEqual(isDer(typeof value === "string" ? Buffer.from(value, "hex") : value), expected)
  )
})

it("isDer counts elements up to its argument", () => {
  assert.isTrue(isDer(integers(5_000), 5_001))
  assert.isFalse(isDer(integers(5_000), 5_000))
})
