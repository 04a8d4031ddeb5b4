import { assert, describe, it } from "@effect/vitest"
import { greenhouse, seedCa, seedExample1, seedLeaf } from "@posh/testing"
import { Result, Schema } from "effect"
import { hashLengths, hashNames } from "../../src/association/Material.ts"
import { decodeBase64, decodeBase64Url, decodeUnpaddedBase64, fromHex } from "../../src/encoding/base64.ts"
import { type Json, JsonNumber, JsonObject, parseJson } from "../../src/encoding/json.ts"
import { parseHash } from "../../src/presented/parseHash.ts"
import { parseCertificate } from "../../src/x509/Certificate.ts"
import { parsePathCertificate } from "../../src/x509/chain/PathCertificate.ts"
import { isDer } from "../../src/x509/der.ts"
import { parsePemOrBase64 } from "../../src/x509/pem.ts"
import { membersOf } from "../forged.ts"
import { edit, Edits, within } from "../mutation.ts"

const Octets = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 })))
const encoded = (octets: Uint8Array | undefined, encoding: BufferEncoding) =>
  octets === undefined ? undefined : Buffer.from(octets).toString(encoding)

describe("decoders accept only the encoding that encoders write", () => {
  const base64ish = Schema.String.check(Schema.isPattern(/^[AQgwEZz059+/_\- =\n]{0,9}$/))

  it.prop("any text", [Schema.String], ([text]) => {
    for (const [decode, encoding] of [[decodeBase64, "base64"], [decodeBase64Url, "base64url"]] as const) {
      const isWritten = Buffer.from(text, encoding).toString(encoding) === text
      assert.strictEqual(encoded(decode(text), encoding), isWritten ? text : undefined)
    }
  }, { arbitrary: { runs: 12_000 } })

  it.prop("text that is nearly base64", [base64ish], ([text]) => {
    for (const [decode, encoding] of [[decodeBase64, "base64"], [decodeBase64Url, "base64url"]] as const) {
      const isWritten = Buffer.from(text, encoding).toString(encoding) === text
      assert.strictEqual(encoded(decode(text), encoding), isWritten ? text : undefined)
    }
    const lenient = decodeUnpaddedBase64(text)
    const written = encoded(lenient?.octets, "base64")
    assert.isTrue(written === undefined || (written.startsWith(text) && /^=*$/.test(written.slice(text.length))))
    assert.isTrue(written === undefined || lenient?.unpadded === (written !== text))
  }, { arbitrary: { runs: 18_000 } })

  it.prop("octets", [Octets], ([octets]) => {
    const buffer = Buffer.from(octets)
    assert.deepStrictEqual(decodeBase64(buffer.toString("base64")), Uint8Array.from(octets))
    assert.deepStrictEqual(decodeBase64Url(buffer.toString("base64url")), Uint8Array.from(octets))
    assert.deepStrictEqual(
      decodeUnpaddedBase64(buffer.toString("base64").replace(/=+$/, ""))?.octets,
      Uint8Array.from(octets)
    )
    assert.deepStrictEqual(fromHex(buffer.toString("hex")), Uint8Array.from(octets))
  }, { arbitrary: { runs: 5_000 } })
})

/** As `JSON.parse`, which takes the last of duplicate members. */
const plain = (value: Json): unknown => {
  if (value instanceof JsonNumber) return Number(value.text)
  if (value instanceof JsonObject) return Object.fromEntries([...value].map(([name, member]) => [name, plain(member)]))
  return Array.isArray(value) ? value.map(plain) : value
}

const native = (text: string): Result.Result<unknown, unknown> => Result.try((): unknown => JSON.parse(text))

const agrees = (text: string) => {
  const json = within(1_000, () => parseJson(new TextEncoder().encode(text)))
  if (Result.isFailure(json) && json.failure.code === "LimitExceeded") return
  const expected = native(text.replace(/^\ufeff/, ""))
  assert.strictEqual(Result.isSuccess(json), Result.isSuccess(expected), JSON.stringify(text))
  if (Result.isSuccess(json) && Result.isSuccess(expected)) {
    assert.deepStrictEqual(plain(json.success.value), expected.success)
  }
}

describe("parseJson and JSON.parse agree on validity and value", () => {
  const token = Schema.Literals([
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    " ",
    "\n",
    "\"",
    "\\",
    "\"a\"",
    "\"a\":",
    "\"__proto__\":",
    "\"\\u0061\"",
    "\"\\ud800\"",
    "\"\\n\"",
    "\"\\x\"",
    "\"\t\"",
    "0",
    "-",
    "1",
    ".",
    "e",
    "E+",
    "10",
    "-0",
    "1.5",
    "2e3",
    "01",
    "true",
    "false",
    "null",
    "nul",
    "{}",
    "[]",
    "[1,2]",
    "{\"a\":1}",
    "\ufeff",
    "\u00a0",
    "é"
  ])

  it.prop("any text", [Schema.String], ([text]) => {
    const whole = text.toWellFormed()
    agrees(whole)
    agrees(JSON.stringify({ [whole]: [whole] }))
  }, { arbitrary: { runs: 6_000 } })

  it.prop("tokens in any order", [Schema.Array(token)], ([tokens]) => {
    agrees(tokens.join(""))
    agrees(`[${tokens.join(",")}]`)
  }, { arbitrary: { runs: 12_000 } })

  it.prop("published documents, edited", [Edits], ([edits]) => {
    agrees(edit(JSON.stringify(greenhouse.fingerprints, null, 1), edits).toWellFormed())
  }, { arbitrary: { runs: 6_000 } })

  it.prop("octets", [Octets], ([octets]) => {
    const json = parseJson(Uint8Array.from(octets))
    const isText = Result.isSuccess(
      Result.try(() => new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(octets)))
    )
    assert.strictEqual(Result.isFailure(json) && json.failure.code === "InvalidEncoding", !isText)
  }, { arbitrary: { runs: 5_000 } })
})

const certificates = [greenhouse.next, seedLeaf(seedExample1), seedCa]

/** Octets with some replaced, inserted or removed. */
const Damage = Schema.Array(Schema.Struct({
  at: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 920 })),
  remove: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2 })),
  insert: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))).check(Schema.isMaxLength(3))
})).check(Schema.isMinLength(1), Schema.isMaxLength(3))

const damage = (octets: Uint8Array, places: typeof Damage.Type): Uint8Array =>
  places.reduce((damaged, { at, insert, remove }) => {
    const place = at % octets.length
    return Buffer.concat([damaged.subarray(0, place), Uint8Array.from(insert), damaged.subarray(place + remove)])
  }, octets)

describe("DER and certificates", () => {
  it.prop("a value is not DER with octets added or removed", [Octets], ([octets]) => {
    const value = Uint8Array.from(octets)
    const longer = Uint8Array.from([...octets, 0])
    assert.isFalse(isDer(value) && (isDer(longer) || isDer(value.subarray(0, -1))))
    assert.isTrue(Result.isFailure(within(1_000, () => parseCertificate(value))))
  }, { arbitrary: { runs: 10_000 } })

  it.prop("nested values are DER", [Schema.Array(Octets.check(Schema.isMaxLength(100)))], ([contents]) => {
    const children = contents.map((octets) => Buffer.from([0x04, octets.length, ...octets]))
    const body = Buffer.concat(children)
    const length = body.length < 0x80 ? [body.length] : [0x82, body.length >> 8, body.length & 0xff]
    const isMinimal = body.length < 0x80 || body.length >= 0x100
    assert.strictEqual(isDer(Buffer.concat([Buffer.from([0x30, ...length]), body])), isMinimal && children.length < 512)
  }, { arbitrary: { runs: 4_000 } })

  it.prop("a damaged certificate is refused, or has another hash", [Damage], ([places]) => {
    for (const original of certificates) {
      const damaged = damage(original, places)
      const certificate = within(1_000, () => parseCertificate(damaged))
      // POSH-MAT-07: the leaf is read wherever the chain check understands it, which leaves nothing out.
      const understood = Result.isSuccess(parsePathCertificate(damaged))
      if (Result.isFailure(certificate)) {
        assert.isFalse(understood)
        continue
      }
      const { der, issuer, names, serialNumber, subject } = within(1_000, () => membersOf(certificate.success))
      assert.strictEqual(der, damaged)
      assert.isString([issuer, serialNumber, subject, ...names.dns].join())
      const { sha256 } = Result.getOrThrow(parseCertificate(original))
      assert.strictEqual(
        Buffer.compare(certificate.success.sha256, sha256) === 0,
        Buffer.compare(damaged, original) === 0
      )
    }
  }, { arbitrary: { runs: 3_000 } })
})

describe("PEM", () => {
  const pem = certificates
    .map((der) => Buffer.from(der).toString("base64").replace(/(.{64})/g, "$1\n"))
    .map((body) => `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`)
    .join("a text\n")

  const compact = (text: string) => text.replace(/[ \t\r\n\v\f]/g, "")

  it.prop("edited text yields only the certificates that it contains", [Edits], ([edits]) => {
    const text = edit(pem, edits)
    const read = within(1_000, () => parsePemOrBase64(text))
    for (const der of Result.getOrElse(read, () => [])) {
      assert.include(compact(text), Buffer.from(der).toString("base64"))
    }
  }, { arbitrary: { runs: 10_000 } })

  const Blanks = Schema.Array(Schema.Literals([" ", "\t", "\r", "\n", "\v", "\f", "\r\n", "    "]))

  it.prop("POSH-REQ-10: reading with white space equals strict reading without", [Edits, Blanks], ([edits, blanks]) => {
    for (const der of certificates) {
      const base64 = edit(Buffer.from(der).toString("base64"), edits)
      const strict = decodeBase64(compact(base64))
      const spread = blanks.reduce((text, blank, index) => {
        const place = (index * 7_919) % (text.length + 1)
        return text.slice(0, place) + blank + text.slice(place)
      }, base64)
      const expected = strict === undefined || strict.length === 0 ? undefined : [strict]
      assert.deepStrictEqual(Result.getOrUndefined(parsePemOrBase64(spread)), expected)
      const block = `-----BEGIN CERTIFICATE-----${spread}-----END CERTIFICATE-----`
      assert.deepStrictEqual(Result.getOrUndefined(parsePemOrBase64(block)), expected)
    }
  }, { arbitrary: { runs: 5_000 } })

  it.prop("any text", [Schema.String], ([text]) => {
    const octets = decodeBase64(compact(text.replace(/^\ufeff/, "")))
    const read = within(1_000, () => parsePemOrBase64(text))
    assert.strictEqual(Result.isSuccess(read), octets !== undefined && octets.length > 0)
  }, { arbitrary: { runs: 3_000 } })

  const pieces = [
    "-----BEGIN ",
    "-----BEGIN CERTIFICATE-----",
    "-----END CERTIFICATE-----",
    "-----BEGIN EC PARAMETERS-----"
  ]
  it.each([
    ...pieces,
    "-----BEGIN EC PARAMETERS-----\n-----END EC PARAMETERS-----\n",
    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    "BEGIN PRIVAT",
    "BEGIN+AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA PRIVATE",
    "BEGIN%20",
    "%0",
    "\\",
    " ",
    "\n\t",
    "A",
    "-",
    "=",
    "A-",
    "SHA256 (",
    "sha256()= a",
    "a ",
    "AA:",
    ")= "
  ])("POSH-SEC-13: 64 KiB of %j take linear time", (piece) => {
    for (const tail of ["", "*", "-----END EC PARAMETERS-----", "PRIVATE KEY"]) {
      const text = piece.repeat(Math.ceil(65_536 / piece.length)) + tail
      within(100, () => parsePemOrBase64(text))
      within(100, () => parsePemOrBase64(`-----BEGIN CERTIFICATE-----${text}-----END CERTIFICATE-----`))
      within(100, () => parseHash("sha-256", text))
    }
  })
})

describe("hashes", () => {
  it.prop("POSH-REQ-10: any text is a hash of this length, or none", [Schema.String], ([text]) => {
    for (const name of hashNames) {
      const octets = within(1_000, () => parseHash(name, text))
      assert.isTrue(octets === undefined || octets.length === hashLengths[name])
    }
  }, { arbitrary: { runs: 3_000 } })
})
