import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Schema } from "effect"
import { toASCII } from "tr46"
import { isCanonicalDomain, parseDomain } from "../../src/question/Domain.ts"

const strict = { allowSpecialUse: false }
const lenient = { allowSpecialUse: true }

const parse = (raw: string, policy = lenient) =>
  Result.match(parseDomain(raw, policy), {
    onFailure: ({ detail }) => /\((\S+)\)$/.exec(detail)?.[1],
    onSuccess: (name) => name
  })

describe("parseDomain", () => {
  it.each([
    ["RES-02 lower-cases", "IM.Example.COM", "im.example.com"],
    ["RES-02 maps U-labels", "bücher.example", "xn--bcher-kva.example"],
    ["RES-02 is non-transitional", "faß.example", "xn--fa-hia.example"],
    ["RES-02 keeps A-labels", "xn--bcher-kva.example", "xn--bcher-kva.example"],
    ["RES-02 maps an ideographic full stop", "example。com", "example.com"],
    ["RES-02 maps full-width letters", "ｅｘａｍｐｌｅ.com", "example.com"],
    ["RES-03 drops one trailing dot", "im.example.com.", "im.example.com"],
    ["RES-03 drops one trailing dot after mapping", "im.example.com。", "im.example.com"],
    ["8.1 accepts emoji", "💩.example", "xn--ls8h.example"],
    ["RES-04 accepts labels of 63", `${"a".repeat(63)}.example`, `${"a".repeat(63)}.example`],
    ["RES-05 accepts digits that are no last label", "1.2.3.example", "1.2.3.example"]
  ])("%s", (_, raw, expected) => assert.strictEqual(parse(raw), expected))

  it.each([
    ["RES-01 empty", "", "empty"],
    ["RES-01 too long", `${"a".repeat(1_020)}.com`, "too-long"],
    ["RES-01 too long in octets", `${"ü".repeat(600)}.com`, "too-long"],
    ["RES-01 backslash", "example.com\\@evil.test", "forbidden-character"],
    ["RES-08 port", "example.com:8443", "forbidden-character"],
    ["RES-08 user-info", "user@example.com", "forbidden-character"],
    ["RES-08 path", "example.com/x", "forbidden-character"],
    ["RES-01 query", "example.com?x", "forbidden-character"],
    ["RES-01 fragment", "example.com#x", "forbidden-character"],
    ["RES-01 per cent", "example%2ecom", "forbidden-character"],
    ["RES-01 wildcard", "*.example.com", "forbidden-character"],
    ["RES-01 comma", "a,b.example", "forbidden-character"],
    ["RES-01 space", "exam ple.com", "forbidden-character"],
    ["RES-01 line break", "example.com\n", "forbidden-character"],
    ["RES-01 null", "example.com\u0000", "forbidden-character"],
    ["RES-01 C1 control", "exa\u0085mple.com", "forbidden-character"],
    ["RES-01 no-break space", "exa\u00a0mple.com", "forbidden-character"],
    ["RES-01 lone surrogate", "exa\ud800mple.com", "forbidden-character"],
    ["RES-03 two trailing dots", "example.com..", "label"],
    ["RES-03 leading dot", ".example.com", "label"],
    ["RES-03 empty label", "a..b", "label"],
    ["RES-03 dot alone", ".", "label"],
    ["RES-02 underscore", "a_b.example", "idna"],
    ["RES-02 leading hyphen", "-a.example", "idna"],
    ["RES-02 trailing hyphen", "a-.example", "idna"],
    ["RES-02 hyphens in third and fourth place", "ab--c.example", "idna"],
    ["RES-02 broken A-label", "xn--zz--.example", "idna"],
    ["RES-02 A-label of an ASCII label", "xn--abc-.example", "idna"],
    ["RES-02 joiner out of context", "a\u200db.example", "idna"],
    ["RES-02 bidi rule", "a\u05d0.example", "idna"],
    ["RES-04 label of 64", `${"a".repeat(64)}.example`, "label"],
    ["RES-04 name of 254", `${"a.".repeat(125)}abcd`, "too-long"],
    ["RES-05 decimal", "2130706433", "ip-literal"],
    ["RES-05 hexadecimal", "0x7f.1", "ip-literal"],
    ["RES-05 full-width digits", "１２７.0.0.1", "ip-literal"],
    ["RES-05 IPv6", "[::1]", "ip-literal"],
    ["RES-05 bare IPv6", "fe80::1", "ip-literal"],
    ["RES-05 IPv4", "192.0.2.7", "ip-literal"],
    ["RES-05 IPv4 with a trailing dot", "192.0.2.7.", "ip-literal"],
    ["RES-05 last label 0x", "example.0x", "ip-literal"],
    ["RES-05 superscript digits", "1.2.3.⁴", "ip-literal"],
    ["8.1 single label", "localhost", "not-public"]
  ])("%s", (_, raw, fault) => assert.strictEqual(parse(raw), fault))

  it.each(
    [
      "a.test",
      "a.example",
      "example.com",
      "im.example.com",
      "b.local",
      "x.onion",
      "x.internal",
      "x.invalid",
      "a.localhost"
    ]
  )("RES-06 refuses %s by default", (raw) => {
    assert.strictEqual(parse(raw, strict), "not-public")
    assert.strictEqual(parse(raw, lenient), raw)
  })

  it.each([
    ["localhost", strict, /a single label; give the whole name.*\(not-public\)$/],
    ["bank.test", strict, /ends in test, which is reserved for special use.*\(not-public\)$/],
    ["im.example.com", strict, /ends in example\.com, which is reserved/],
    ["exa_mple.com", strict, /holds "_"; labels have letters, digits and inner hyphens \(idna\)$/],
    ["a!b.com", strict, /holds "!"/],
    ["a\"b.com", strict, /holds "\\u\{22\}"/],
    ["-a.com", strict, /starts or ends with a hyphen/],
    ["a-.com", strict, /starts or ends with a hyphen/],
    ["xn--99999999.com", strict, /starts with xn-- is not valid Punycode/],
    ["ab--c.com", strict, /hyphens in third and fourth place/],
    ["a\u05d0.com", strict, /not a valid internationalized name \(IDNA\) \(idna\)$/]
  ])("says what is wrong with %s", (raw, policy, expected) => {
    assert.match(Result.getOrThrow(Result.flip(parseDomain(raw, policy))).detail, expected)
  })

  // The fast path skips UTS-46 only for names that UTS-46 does not change.
  const plain = Schema.String.check(Schema.isPattern(/^[a-z0-9.-]{1,40}$/))
  it.prop("UTS-46 maps a plain name to itself", [plain], ([raw]) => {
    const expected = toASCII(raw, {
      checkHyphens: true,
      checkBidi: true,
      checkJoiners: true,
      useSTD3ASCIIRules: true,
      verifyDNSLength: false
    })
    const actual = parseDomain(raw, lenient)
    if (Result.isSuccess(actual)) assert.strictEqual(actual.success, expected?.replace(/\.$/, ""))
  }, { arbitrary: { runs: 2_000 } })

  it.effect.prop(
    "is idempotent, and its results are plain host names",
    [Schema.String],
    ([raw]) =>
      Effect.sync(() => {
        const domain = parseDomain(raw, lenient)
        if (Result.isFailure(domain)) return
        assert.isTrue(isCanonicalDomain(domain.success, lenient))
        assert.strictEqual(new URL(`https://${domain.success}/`).hostname, domain.success)
      })
  )
})
