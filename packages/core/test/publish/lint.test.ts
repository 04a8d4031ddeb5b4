import { assert, describe, it } from "@effect/vitest"
import {
  type Certificate,
  daysFromNow,
  greenhouse,
  issue,
  jwkSetDocument,
  rootCa,
  seedDay,
  seedExample1,
  seedExample2
} from "@posh/testing"
import { Effect } from "effect"
import { type Finding, lintDocument, type LintRequest } from "../../src/publish/lint.ts"

const now = greenhouse.at.getTime()
const [first, second] = greenhouse.fingerprints.fingerprints
const other = { "sha-512": Buffer.alloc(64, 1).toString("base64"), "sha-256": Buffer.alloc(32, 2).toString("base64") }

const brief = (findings: ReadonlyArray<Finding>): ReadonlyArray<string> =>
  findings.map(({ code, path, severity }) => path === undefined ? `${severity} ${code}` : `${severity} ${code} ${path}`)

interface Row {
  readonly name: string
  readonly document: unknown
  /** `severity code path` */
  readonly findings: ReadonlyArray<string>
}

const fingerprints = (...descriptors: ReadonlyArray<object>) => ({ fingerprints: descriptors, expires: 86_400 })
const unpadded = { "sha-256": second["sha-256"].replace("=", "") }

const rfc: ReadonlyArray<Row> = [
  { name: "the worked example", document: greenhouse.fingerprints, findings: [] },
  { name: "a reference", document: greenhouse.reference, findings: [] },
  {
    name: "POSH-PUB-05: sha-256 is missing",
    document: fingerprints({ "sha-512": first["sha-512"] }),
    findings: ["error Sha256Missing fingerprints[0]"]
  },
  {
    name: "POSH-PUB-06: expires under an hour",
    document: { ...greenhouse.fingerprints, expires: 3_599 },
    findings: ["info ExpiresShort expires"]
  },
  { name: "POSH-PUB-06: an hour", document: { ...greenhouse.fingerprints, expires: 3_600 }, findings: [] },
  { name: "POSH-PUB-06: a week", document: { ...greenhouse.fingerprints, expires: 604_800 }, findings: [] },
  {
    name: "POSH-PUB-06: expires over a week",
    document: { ...greenhouse.fingerprints, expires: 604_801 },
    findings: ["info ExpiresClamped expires"]
  },
  {
    name: "POSH-PUB-06: a reference may be short",
    document: { ...greenhouse.reference, expires: 60 },
    findings: []
  },
  {
    name: "POSH-PUB-06: a reference over a week",
    document: { ...greenhouse.reference, expires: 604_801 },
    findings: ["info ExpiresClamped expires"]
  },
  {
    name: "POSH-MAT-31: two descriptors that cannot both be right",
    document: fingerprints(first, { ...other, "sha-256": first["sha-256"] }, second),
    findings: ["warning DescriptorInconsistent fingerprints[0]", "warning DescriptorInconsistent fingerprints[1]"]
  },
  { name: "POSH-MAT-31: the same descriptor twice", document: fingerprints(first, first), findings: [] },
  { name: "POSH-MAT-31: hashes of which nothing is known", document: fingerprints(first, other), findings: [] },
  {
    name: "POSH-RES-82: a reference to an address",
    document: { url: "https://192.0.2.1/a", expires: 3_600 },
    findings: ["error ReferenceForbiddenTarget url"]
  },
  {
    name: "POSH-RES-82: a reference to another port",
    document: { url: "https://posh.example:8443/a", expires: 3_600 },
    findings: ["error ReferenceForbiddenTarget url"]
  },
  {
    name: "POSH-FMT-71: a draft document at the RFC path",
    document: greenhouse.jwkSet,
    findings: ["error GenerationMismatch"]
  }
]

const lintText = (document: string, options: Partial<LintRequest> = {}) =>
  lintDocument({ document, generation: "rfc7711", now, ...options })

describe("lintDocument: RFC 7711", () => {
  it.each(rfc)("$name", ({ document, findings }) => {
    assert.deepStrictEqual(brief(lintText(JSON.stringify(document))), findings)
  })

  it("POSH-PUB-05: missing padding breaks verifiers that compare text", () => {
    const found = lintText(JSON.stringify(fingerprints(first, unpadded)))
    assert.deepStrictEqual(found.map(({ code, severity }) => `${severity} ${code}`), ["error UnpaddedBase64"])
    assert.match(found[0]?.path ?? "", /^fingerprints\[1\]/)
  })

  it.each(greenhouse.refused)("requirements §1.6: $code", ({ code, generation, text }) => {
    const [finding] = lintText(text, { generation })
    assert.strictEqual(finding?.code, code)
    assert.strictEqual(finding?.severity, "error")
    assert.notStrictEqual(finding?.message, "")
  })

  it("octets that are not UTF-8", () => {
    const [finding] = lintDocument({ document: Uint8Array.of(0x7b, 0xff, 0x7d), generation: "rfc7711", now })
    assert.strictEqual(finding?.code, "InvalidEncoding")
  })
})

describe("lintDocument: draft", () => {
  const draft = (document: unknown, at = now) =>
    lintDocument({ document: JSON.stringify(document), generation: "draft", now: at })
  const [next, current] = greenhouse.jwkSet.keys

  it("the worked example", () => assert.deepStrictEqual(draft(greenhouse.jwkSet), []))

  it("POSH-PUB-07: the renewed certificate first", () => {
    assert.deepStrictEqual(brief(draft({ keys: [current, next] })), ["warning OldestFirst keys[0]"])
  })

  it("A.3: the findings of the draft's second example", () => {
    const found = brief(draft(seedExample2.document, seedDay.getTime()))
    assert.includeMembers([...found], ["warning OldestFirst keys[0]", "warning ChainInvalid keys[0].x5c[0]"])
    assert.isTrue(found.some((line) => line.startsWith("warning NonMinimalInteger keys[0]")), found.join("\n"))
    assert.isTrue(found.some((line) => line.startsWith("warning KidDuplicate")), found.join("\n"))
  })

  it("A.3.4: a modulus with a leading zero", () => {
    const found = draft(seedExample1.document, seedDay.getTime())
    assert.includeMembers(found.map(({ code, severity }) => `${severity} ${code}`), ["warning NonMinimalInteger"])
  })

  it("POSH-PUB-13: private members", () => {
    const found = draft({ keys: [current, { ...next, d: "AAAA" }] })
    assert.deepStrictEqual(found.map(({ code, severity }) => `${severity} ${code}`), ["error JwkPrivateKeyExposed"])
    assert.notInclude(JSON.stringify(found), "AAAA")
  })

  it.effect("POSH-FMT-25: a chain that leads nowhere", () =>
    Effect.gen(function*() {
      const [root, stranger] = [yield* rootCa(), yield* rootCa()]
      const leaf = yield* issue(root, {})
      const set = (...issuers: ReadonlyArray<Certificate>) =>
        draft(
          jwkSetDocument([{ ...leaf, issuers }], { withChain: true }),
          daysFromNow(0).getTime()
        )
      assert.deepStrictEqual(brief(set(root)), [])
      assert.deepStrictEqual(brief(set(stranger)), ["warning ChainInvalid keys[0].x5c[0]"])
    }))

  it.effect("POSH-MAT-13: a renewed certificate with its chain, published early", () =>
    Effect.gen(function*() {
      const root = yield* rootCa()
      const leaf = yield* issue(root, { notBefore: daysFromNow(5), notAfter: daysFromNow(50) })
      const set = jwkSetDocument([leaf], { withChain: true })
      assert.deepStrictEqual(draft(set, daysFromNow(0).getTime()), [])
    }))

  it("POSH-PUB-13: the same kid twice", () => {
    const found = draft({ keys: [{ ...next, kid: "same" }, { ...current, kid: "same" }] })
    assert.deepStrictEqual(brief(found), ["warning KidDuplicate keys[1].kid"])
  })
})

describe("lintDocument: the response", () => {
  const nosniff = ["x-content-type-options", "nosniff"] as const
  const json = ["content-type", "application/json"] as const
  const noCache = ["cache-control", "no-cache"] as const
  const document = JSON.stringify(greenhouse.fingerprints)

  const rows: ReadonlyArray<readonly [name: string, request: Partial<LintRequest>, findings: ReadonlyArray<string>]> = [
    ["nothing is known of it", {}, []],
    ["POSH-PUB-03: application/json", { contentType: "application/json; charset=utf-8" }, []],
    ["POSH-PUB-03: text/plain", { contentType: "text/plain" }, ["warning UnexpectedMediaType"]],
    ["POSH-PUB-03: none", { contentType: "" }, ["warning UnexpectedMediaType"]],
    ["POSH-PUB-03: the other generation's", { contentType: "application/jwk-set+json" }, [
      "warning UnexpectedMediaType"
    ]],
    ["POSH-PUB-03: the default of an object store", { contentType: "binary/octet-stream" }, [
      "warning UnexpectedMediaType"
    ]],
    ["POSH-PUB-03: text/json", { contentType: "text/json" }, ["warning UnexpectedMediaType"]],
    ["POSH-PUB-03: two types that agree", { headers: [json, json, noCache, nosniff] }, ["warning RepeatedField"]],
    [
      "POSH-PUB-03: two types that contradict one another",
      { headers: [json, ["content-type", "text/html"], noCache, nosniff] },
      ["error UnsupportedMediaType", "warning RepeatedField"]
    ],
    [
      "fields with one value that are there twice",
      {
        headers: [
          json,
          noCache,
          nosniff,
          ...["age", "date", "expires", "etag", "last-modified", "x", "cache-control"].flatMap((name) =>
            ["1", "2"].map((value) => [name, value] as const)
          )
        ]
      },
      Array.from({ length: 5 }, () => "warning RepeatedField")
    ],
    [
      "POSH-PUB-04: of two lifetimes, the longer",
      { headers: [json, nosniff, ["cache-control", "max-age=10"], ["cache-control", "max-age=600"]] },
      ["warning CacheLifetimeLong"]
    ],
    ["POSH-PUB-03: text/html", { contentType: "text/html" }, ["error UnsupportedMediaType"]],
    ["a good head", { headers: [json, noCache, nosniff] }, []],
    ["the head goes before", { headers: [json, noCache, nosniff], contentType: "text/html" }, []],
    ["POSH-PUB-03: no type in the head", { headers: [noCache, nosniff] }, ["warning UnexpectedMediaType"]],
    ["POSH-PUB-04: max-age 60", { headers: [json, nosniff, ["cache-control", "public, Max-Age=60"]] }, []],
    ["POSH-PUB-04: no-store", { headers: [json, nosniff, ["cache-control", "no-store, max-age=3600"]] }, []],
    ["POSH-PUB-04: max-age 61", { headers: [json, nosniff, ["cache-control", "max-age=61"]] }, [
      "warning CacheLifetimeLong"
    ]],
    [
      "POSH-PUB-04: longer for shared caches",
      { headers: [json, nosniff, ["cache-control", "max-age=0"], ["cache-control", "s-maxage=\"600\""]] },
      ["warning CacheLifetimeLong"]
    ],
    ["POSH-PUB-04: nothing said", { headers: [json, nosniff] }, ["info CacheLifetimeLong"]],
    ["POSH-PUB-04: nothing of use said", { headers: [json, nosniff, ["cache-control", "public"]] }, [
      "info CacheLifetimeLong"
    ]],
    ["POSH-PUB-16: no nosniff", { headers: [json, noCache] }, ["info SniffableMediaType"]],
    [
      "POSH-PUB-16: something else",
      { headers: [json, noCache, ["x-content-type-options", "sniff"]] },
      ["info SniffableMediaType"]
    ]
  ]

  it.each(rows)("%s", (_, request, findings) => {
    assert.deepStrictEqual(brief(lintText(document, request)), findings)
  })

  it.each<readonly [code: string, headers: LintRequest["headers"], message: string]>([
    [
      "RepeatedField",
      [json, json],
      "a header field that has one value is there more than once: content-type, 2 times with one value"
    ],
    [
      "RepeatedField",
      [json, ["age", "1"], ["age", "2\u202e"]],
      "a header field that has one value is there more than once: age, 2 times with different values: \"1, 2\\u{202e}\""
    ],
    [
      "UnsupportedMediaType",
      [json, ["content-type", "text/html"]],
      "The media type is not JSON: 2 values of Content-Type contradict one another: application/json, text/html."
    ]
  ])("says what is there twice: %s", (code, headers, message) => {
    const found = lintText(document, { headers: headers ?? [] }).find((finding) => finding.code === code)
    assert.strictEqual(found?.message, message)
  })

  it("POSH-PUB-03: the draft's own type", () => {
    const text = JSON.stringify(greenhouse.jwkSet)
    for (const contentType of ["application/jwk-set+json", "application/json"]) {
      assert.deepStrictEqual(lintText(text, { generation: "draft", contentType }), [])
    }
  })

  it("POSH-SEC-14: header values are bounded and escaped", () => {
    const [finding] = lintText(document, { contentType: `text/plain;\u001b${"x".repeat(10_000)}` })
    assert.isBelow(finding!.message.length, 500)
    assert.notInclude(finding!.message, "\u001b")
  })
})
