import { assert, describe, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import type { Head } from "../../../src/fetch/Fetcher.ts"
import {
  classifyMediaType,
  classifyStatus,
  describeMediaType,
  type RequestKind,
  retryAfterMs
} from "../../../src/proof/posh/response.ts"
import type { Generation } from "../../../src/question/Generation.ts"

const head = (...headers: ReadonlyArray<readonly [string, string]>): Head => ({ status: 200, headers })

describe("classifyStatus", () => {
  it.each<[string, number, Generation, RequestKind, string]>([
    ["RES-42", 200, "rfc7711", "direct", "document"],
    ["RES-42", 201, "rfc7711", "direct", "UnexpectedStatus"],
    ["RES-42", 204, "draft", "direct", "UnexpectedStatus"],
    ["RES-42", 206, "draft", "direct", "UnexpectedStatus"],
    ...[301, 302, 303, 307, 308].map((status) =>
      ["RES-60", status, "rfc7711", "direct", "redirect"] as [string, number, Generation, RequestKind, string]
    ),
    ...[300, 304, 305, 306, 399].map((status) =>
      ["RES-61", status, "draft", "direct", "RedirectUnsupportedStatus"] as [
        string,
        number,
        Generation,
        RequestKind,
        string
      ]
    ),
    ["RES-43", 404, "rfc7711", "direct", "NotPublished"],
    ["RES-43", 410, "draft", "direct", "NotPublished"],
    ["RES-84", 404, "rfc7711", "redirect", "RedirectedMaterialMissing"],
    ["RES-84", 410, "rfc7711", "reference", "ReferencedMaterialMissing"],
    ["RES-44", 401, "rfc7711", "direct", "AccessDenied"],
    ["RES-44", 403, "rfc7711", "direct", "AccessDenied"],
    ["RES-44", 451, "rfc7711", "direct", "AccessDenied"],
    ["RES-44", 400, "rfc7711", "direct", "ClientErrorStatus"],
    ["RES-44", 421, "rfc7711", "direct", "ClientErrorStatus"],
    ["RES-44", 403, "draft", "direct", "NotPublished"],
    ["RES-44", 400, "draft", "direct", "NotPublished"],
    ["RES-44", 421, "draft", "direct", "ClientErrorStatus"],
    ["8.1", 403, "draft", "redirect", "RedirectedMaterialMissing"],
    ...[408, 425, 429].flatMap((status) => [
      ["RES-45", status, "rfc7711", "direct", "RateLimited"] as [string, number, Generation, RequestKind, string],
      ["RES-45", status, "draft", "direct", "RateLimited"] as [string, number, Generation, RequestKind, string]
    ]),
    ["RES-45", 500, "rfc7711", "direct", "ServerError"],
    ["RES-45", 503, "draft", "direct", "ServerError"],
    ["RES-51", 101, "rfc7711", "direct", "HttpProtocolError"],
    ["RES-51", 600, "rfc7711", "direct", "HttpProtocolError"]
  ])(
    "%s: %d, %s, kind: %s",
    (_, status, generation, kind, expected) => assert.strictEqual(classifyStatus(status, generation, kind), expected)
  )
})

describe("classifyMediaType (RES-46)", () => {
  it.each<[string | undefined, Generation, string, string]>([
    ["application/json", "rfc7711", "expected", "expected"],
    ["Application/JSON; charset=utf-8", "rfc7711", "expected", "expected"],
    ["application/jwk-set+json", "draft", "expected", "expected"],
    ["application/jwk-set+json", "rfc7711", "expected", "refused"],
    ["text/vnd.x+json", "draft", "expected", "refused"],
    ["text/plain", "rfc7711", "unexpected", "refused"],
    ["application/octet-stream", "rfc7711", "unexpected", "refused"],
    ["binary/octet-stream", "rfc7711", "unexpected", "refused"],
    ["Text/JSON; charset=utf-8", "draft", "unexpected", "refused"],
    ["text/x-json", "rfc7711", "refused", "refused"],
    ["text/json5", "rfc7711", "refused", "refused"],
    ["binary/json", "rfc7711", "refused", "refused"],
    [undefined, "rfc7711", "unexpected", "refused"],
    ["text/html", "rfc7711", "refused", "refused"],
    ["application/xml", "draft", "refused", "refused"],
    ["json", "draft", "refused", "refused"],
    ["", "rfc7711", "unexpected", "refused"],
    ["\tapplication/json ;charset=x", "rfc7711", "expected", "expected"],
    ["application/json\u00a0", "rfc7711", "refused", "refused"],
    ["\u0085application/json", "rfc7711", "refused", "refused"],
    ["text/plain\u00a0; charset=x", "rfc7711", "refused", "refused"],
    ["\u00e9/\u00e9+json", "rfc7711", "refused", "refused"],
    ["a b/c+json", "rfc7711", "refused", "refused"],
    ["application/jw\u212a-set+json", "draft", "refused", "refused"],
    ["\u00a0", "rfc7711", "refused", "refused"],
    ["a/+json", "draft", "refused", "refused"]
  ])("%s in %s: %s; strict: %s", (type, generation, lenient, strict) => {
    const given = type === undefined ? head() : head(["content-type", type])
    assert.strictEqual(classifyMediaType(given, generation, false), lenient)
    assert.strictEqual(classifyMediaType(given, generation, true), strict)
  })
})

describe("classifyMediaType of several values (RES-46)", () => {
  const json = "application/json"
  it.each<readonly [values: ReadonlyArray<string>, lenient: string, strict: string, description: string]>([
    [[json, json], "expected", "expected", `${json}, ${json}`],
    [[json, "Application/JSON;charset=utf-8"], "expected", "expected", `${json}, Application/JSON;charset=utf-8`],
    [[`${json}, ${json}`], "expected", "expected", `${json}, ${json}`],
    [["", json], "expected", "expected", json],
    [[`${json},`, ", "], "expected", "expected", json],
    [[`${json};a="x, text/html"`], "expected", "expected", `${json};a="x, text/html"`],
    [[`${json};a="\\", text/html"`], "expected", "expected", `${json};a="\\", text/html"`],
    [["text/plain", "text/plain"], "unexpected", "refused", "text/plain, text/plain"],
    [["text/html", "text/html"], "refused", "refused", "text/html, text/html"],
    [[json, "text/html"], "refused", "refused", contradiction(2, `${json}, text/html`)],
    [["text/html", json], "refused", "refused", contradiction(2, `text/html, ${json}`)],
    [[json, "application/jwk-set+json"], "refused", "refused", contradiction(2, `${json}, application/jwk-set+json`)],
    [[json, "text/plain", json], "refused", "refused", contradiction(3, `${json}, text/plain, ${json}`)],
    [[`${json}, text/html`], "refused", "refused", contradiction(2, `${json}, text/html`)],
    [[`${json};a="b", text/html`], "refused", "refused", contradiction(2, `${json};a="b", text/html`)],
    [[json, "\u00e9"], "refused", "refused", contradiction(2, `${json}, \u00e9`)],
    [["\u00e9", "\u00ea"], "refused", "refused", "\u00e9, \u00ea"],
    [["", ""], "unexpected", "refused", ""]
  ])("%j: %s; strict: %s", (values, lenient, strict, description) => {
    const given = head(...values.map((value) => ["content-type", value] as const))
    assert.strictEqual(classifyMediaType(given, "rfc7711", false), lenient)
    assert.strictEqual(classifyMediaType(given, "rfc7711", true), strict)
    assert.strictEqual(describeMediaType(given), description)
  })
})

function contradiction(count: number, values: string) {
  return `${count} values of Content-Type contradict one another: ${values}`
}

describe("retryAfterMs", () => {
  const now = Date.UTC(2026, 10, 22, 9)
  const hour = 3_600_000
  const rows: ReadonlyArray<readonly [value: string, expected: number | undefined]> = [
    ["120", 120_000],
    ["0", 0],
    ["soon", undefined],
    ["-1", undefined],
    ["1.5", undefined],
    // IMF-fixdate
    ["Sun, 22 Nov 2026 09:01:00 GMT", 60_000],
    ["Sun, 22 Nov 2026 08:00:00 GMT", 0],
    ["Sun, 22 Nov 2026 23:59:60 GMT", 15 * hour],
    ["Mon, 01 Jan 0050 00:00:00 GMT", 0],
    ["Tue, 29 Feb 2028 00:00:00 GMT", Date.UTC(2028, 1, 29) - now],
    // RFC 850; two digits are never more than 50 years in the future
    ["Sunday, 22-Nov-26 10:00:00 GMT", hour],
    ["Sunday, 06-Nov-94 08:49:37 GMT", 0],
    ["Sunday, 22-Nov-76 09:00:00 GMT", Date.UTC(2076, 10, 22, 9) - now],
    ["Sunday, 22-Nov-76 09:00:01 GMT", 0],
    // asctime, which is in GMT as well
    ["Sun Nov  6 08:49:37 1994", 0],
    ["Sun Nov 22 10:00:00 2026", hour],
    ["Tue Dec  1 09:00:00 2026", 9 * 24 * hour],
    // no valid format
    ["Sun, 22 Nov 2026 10:00:00", undefined],
    ["Sun, 22 Nov 2026 10:00:00 +0100", undefined],
    ["Sun, 22 Nov 2026 10:00:00 EST", undefined],
    ["Sun, 22 Nov 2026 10:00:00 UTC", undefined],
    ["Sun, 22 Nov 2026 10:00:00 GMT, 1", undefined],
    ["sun, 22 nov 2026 10:00:00 gmt", undefined],
    ["Sun, 2 Nov 2026 10:00:00 GMT", undefined],
    ["Sun, 22-Nov-26 10:00:00 GMT", undefined],
    ["Sunday, 22-Nov-2026 10:00:00 GMT", undefined],
    ["Sun Nov 6 10:00:00 2026", undefined],
    ["Sun Nov 22 10:00:00 2026 GMT", undefined],
    ["Sun Nov 22 10:00:00 PST 2026", undefined],
    ["2026-11-22T10:00:00Z", undefined],
    // no day, no hour
    ["Mon, 30 Feb 2026 10:00:00 GMT", undefined],
    ["Sun, 00 Nov 2026 10:00:00 GMT", undefined],
    ["Sun, 22 Nov 2026 24:00:00 GMT", undefined],
    ["Sun Nov 22 10:60:00 2026", undefined],
    ["Sun Nov  0 10:00:00 2026", undefined]
  ]
  it.each(rows)("%s", (value, expected) => {
    assert.strictEqual(retryAfterMs(head(["retry-after", value]), now), expected)
  })

  it("takes the longest of several", () => {
    const of = (...values: ReadonlyArray<string>) => head(...values.map((value) => ["retry-after", value] as const))
    assert.strictEqual(retryAfterMs(of("soon", "5", "Sun, 22 Nov 2026 09:01:00 GMT", "7"), now), 60_000)
    assert.isUndefined(retryAfterMs(of("soon", ""), now))
  })

  it.each(["America/New_York", "Asia/Kolkata", "Pacific/Apia"])("says the same in %s", async (zone) => {
    const script = fileURLToPath(new URL("retryAfter.ts", import.meta.url))
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", script, String(now), ...rows.map(([value]) => value)],
      { env: { TZ: zone } }
    )
    assert.deepStrictEqual(JSON.parse(stdout), rows.map(([, expected]) => expected ?? "nothing"))
  })
})
