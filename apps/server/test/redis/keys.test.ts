/** Members of the index are those of keys, and of no other text. */
import { assert, describe, it } from "@effect/vitest"
import { parseMember, toMember } from "../../src/redis/keys.ts"

const rows: ReadonlyArray<readonly [member: string, isKey: boolean]> = [
  ["{a.example}:xmpp-server:rfc7711", true],
  ["{a.example}:xmpp-server:draft", true],
  // Another replica may serve it (`POSH_SERVICES`): this one lists it, and does not remove it.
  ["{a.example}:pop3s:rfc7711", true],
  ["{a.example}:_pop3s._tcp:rfc7711", false],
  ["{a.example}:pop3--s:rfc7711", false],
  ["{a.example}:110:rfc7711", false],
  ["{a.example}:sixteen-letters0:rfc7711", false],
  ["{a.example}:POP3S:rfc7711", false],
  ["{a.example}::rfc7711", false],
  ["{A.example}:xmpp-server:rfc7711", false],
  ["{a..example}:xmpp-server:rfc7711", false],
  ["a.example:xmpp-server:rfc7711", false],
  ["{a.example}:xmpp-server:rfc9999", false]
]

describe("parseMember", () => {
  it.each(rows)("%s: %s", (member, isKey) => {
    const key = parseMember(member)
    assert.strictEqual(key === undefined ? undefined : toMember(key), isKey ? member : undefined)
  })
})
