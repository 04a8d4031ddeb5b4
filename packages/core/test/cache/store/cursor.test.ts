import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { comparePositions, formatCursor, parseCursor, type Position } from "../../../src/cache/store/cursor.ts"
import { edit, Edits } from "../../mutation.ts"

const position = (expiresAt: number, key: string): Position => ({ expiresAt, key })
const text = (octets: string) => Buffer.from(octets).toString("base64url")
const key = "chat.orchard.example:xmpp-server:rfc7711"

describe("cursors", () => {
  it.each([
    position(0, key),
    position(1_782_864_000_000, key),
    position(253_402_300_799_000, `${"a".repeat(63)}.${"b".repeat(63)}.${"c".repeat(63)}.example:xmpp-client:draft`)
  ])("are read as they are written: $expiresAt", (written) => {
    assert.match(formatCursor(written), /^[A-Za-z0-9_-]+$/)
    assert.deepStrictEqual(parseCursor(formatCursor(written)), Result.succeed(written))
  })

  it.each([
    ["nothing", ""],
    ["plain text", `1 ${key}`],
    ["base64 with padding", `${text(`1 ${key}`)}=`],
    ["no instant", text(key)],
    ["a negative instant", text(`-1 ${key}`)],
    ["a fraction", text(`1.5 ${key}`)],
    ["a leading zero", text(`01 ${key}`)],
    ["more than a safe integer", text(`9999999999999999 ${key}`)],
    ["another generation", text("1 a.example:xmpp-server:g2")],
    ["upper case", text("1 A.example:xmpp-server:draft")],
    ["a line end", text(`1 ${key}\n`)],
    ["no ASCII", text("1 bücher.example:xmpp-server:draft")],
    ["very long text", text(`1 ${"a".repeat(1_000_000)}:xmpp-server:draft`)]
  ])("%s is refused, with a reason", (_, cursor) => {
    const parsed = parseCursor(cursor)
    assert.match(Result.isFailure(parsed) ? parsed.failure.detail : "", /^the cursor is not/)
  })

  it.prop("edited cursors are refused or cursors themselves", [Edits], ([edits]) => {
    const edited = edit(formatCursor(position(1_782_864_000_000, key)), edits)
    const parsed = parseCursor(edited)
    if (Result.isSuccess(parsed)) assert.strictEqual(formatCursor(parsed.success), edited)
  }, { arbitrary: { runs: 5_000 } })

  const Place = Schema.Struct({
    expiresAt: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3 })),
    key: Schema.Literals(["a.example:x:draft", "ab.example:x:draft", "b.example:x:draft"])
  })
  it.prop("the order is total: by expiry, then by key", [Place, Place, Place], ([a, b, c]) => {
    assert.strictEqual(Math.sign(comparePositions(a, b)), -Math.sign(comparePositions(b, a)) + 0)
    assert.strictEqual(comparePositions(a, b) === 0, a.expiresAt === b.expiresAt && a.key === b.key)
    if (a.expiresAt < b.expiresAt) assert.isBelow(comparePositions(a, b), 0)
    if (comparePositions(a, b) < 0 && comparePositions(b, c) < 0) assert.isBelow(comparePositions(a, c), 0)
  })
})
