import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { type DelegationPolicy, redirectTarget, referenceTarget } from "../../src/fetch/Delegation.ts"
import type { HttpsTarget } from "../../src/fetch/Fetcher.ts"
import { leavesSite } from "../../src/fetch/Site.ts"
import type { Domain } from "../../src/question/Domain.ts"

const source = "a.example" as Domain
const base: HttpsTarget = { url: "https://a.example/x/y.json?q", host: source, port: 443, path: "/x/y.json?q" }
const policy = (delegation: Partial<DelegationPolicy> = {}) => ({
  allowSpecialUse: true,
  delegation: { mode: "any" as const, hosts: [], ports: [443], ...delegation }
})

const redirect = (location: string, delegation?: Partial<DelegationPolicy>) =>
  Result.match(redirectTarget(location, base, source, policy(delegation)), {
    onFailure: ({ code }) => code,
    onSuccess: ({ url }) => url
  })

const reference = (url: string, delegation?: Partial<DelegationPolicy>) =>
  Result.match(referenceTarget(url, source, policy(delegation)), {
    onFailure: ({ code }) => code,
    onSuccess: (target) => target.url
  })

describe("redirectTarget", () => {
  it.each([
    ["absolute", "https://b.example/p.json", "https://b.example/p.json"],
    ["RES-63 path", "/p.json", "https://a.example/p.json"],
    ["RES-63 relative to the URL that answered", "p.json", "https://a.example/x/p.json"],
    ["RES-63 network path", "//b.example/p.json", "https://b.example/p.json"],
    ["RES-63 query alone", "?r", "https://a.example/x/y.json?r"],
    ["RES-66 fragment dropped", "https://b.example/p.json#f", "https://b.example/p.json"],
    ["canonical host", "https://B.Example./p", "https://b.example/p"],
    ["A-label host", "https://xn--bcher-kva.example/p", "https://xn--bcher-kva.example/p"],
    ["default port", "https://b.example:443/p", "https://b.example/p"],
    ["RES-64 http", "http://b.example/p.json", "RedirectInsecureScheme"],
    ["RES-64 other scheme", "ftp://b.example/p.json", "RedirectInsecureScheme"],
    ["RES-64 javascript", "javascript:alert(1)", "RedirectInsecureScheme"],
    ["RES-64 data", "data:application/json,x", "RedirectInsecureScheme"],
    ["RES-62 empty", "", "RedirectInvalidLocation"],
    ["RES-62 space", "https://b.example/a b", "RedirectInvalidLocation"],
    ["RES-62 control", "https://b.example/\u0001", "RedirectInvalidLocation"],
    ["RES-62 U-label host", "https://bücher.example/p", "RedirectInvalidLocation"],
    ["RES-62 UTF-8 read octet by octet", "https://tÃªte.example/p", "RedirectInvalidLocation"],
    ["RES-62 an octet in the path", "/b\u00fccher", "RedirectInvalidLocation"],
    ["RES-62 an octet in the query", "?q=\u00ff", "RedirectInvalidLocation"],
    ["RES-62 an octet in the fragment", "/p#\u00e4", "RedirectInvalidLocation"],
    ["RES-62 DEL", "/\u007f", "RedirectInvalidLocation"],
    ["RES-62 IPv4 full width", "//１２７.0.0.1/", "RedirectInvalidLocation"],
    ["RES-65 a broken A-label", "https://xn--0.example/", "RedirectForbiddenTarget"],
    ["RES-62 broken percent-encoding", "/a%zz", "RedirectInvalidLocation"],
    ["8.1 https:/x", "https:/x", "RedirectInvalidLocation"],
    ["8.1 https:x", "https:x", "RedirectInvalidLocation"],
    ["8.1 https:///x", "https:///x", "RedirectInvalidLocation"],
    ["8.1 backslash", "https:\\\\b.example\\p", "RedirectInvalidLocation"],
    ["8.1 backslash in the host", "https://b.example\\@c.example/", "RedirectInvalidLocation"],
    ["8.1 three slashes", "///b.example/p", "RedirectInvalidLocation"],
    ["RES-65 user-info", "https://u:p@b.example/", "RedirectForbiddenTarget"],
    ["RES-65 empty user-info", "https://@b.example/", "RedirectForbiddenTarget"],
    ["RES-65 IPv4", "https://192.0.2.1/", "RedirectForbiddenTarget"],
    ["RES-65 IPv4 decimal", "https://2130706433/", "RedirectForbiddenTarget"],
    ["RES-65 IPv4 hexadecimal", "https://0x7f.1/", "RedirectForbiddenTarget"],
    ["RES-65 percent-encoded host", "https://%31%32%37.0.0.1/", "RedirectForbiddenTarget"],
    ["RES-65 IPv6", "https://[::1]/", "RedirectForbiddenTarget"],
    ["RES-65 single label", "https://localhost/", "RedirectForbiddenTarget"],
    ["RES-65 underscore", "https://a_b.example/", "RedirectForbiddenTarget"],
    ["RES-65 port", "https://b.example:8443/", "RedirectForbiddenTarget"],
    ["RES-65 port out of range", "https://b.example:99999/", "RedirectInvalidLocation"],
    ["RES-65 length", `https://b.example/${"a".repeat(2_040)}`, "RedirectForbiddenTarget"]
  ])("%s", (_, location, expected) => assert.strictEqual(redirect(location), expected))

  it.each<[string, Partial<DelegationPolicy>, string, string]>([
    ["RES-65 a listed port", { ports: [443, 8443] }, "https://b.example:8443/", "https://b.example:8443/"],
    ["RES-70 same site", { mode: "same-site" }, "https://w.a.example/", "https://w.a.example/"],
    ["RES-70 another site", { mode: "same-site" }, "https://b.example/", "DelegationForbidden"],
    ["RES-70 listed", { mode: "list", hosts: ["b.example"] }, "https://b.example/", "https://b.example/"],
    [
      "RES-70 below a listed suffix",
      { mode: "list", hosts: [".b.example"] },
      "https://c.b.example/",
      "https://c.b.example/"
    ],
    [
      "RES-70 not a suffix of labels",
      { mode: "list", hosts: [".b.example"] },
      "https://cb.example/",
      "DelegationForbidden"
    ],
    ["RES-70 not listed", { mode: "list", hosts: ["b.example"] }, "https://c.example/", "DelegationForbidden"],
    ["RES-70 the source itself", { mode: "list" }, "/other", "https://a.example/other"]
  ])("%s", (_, delegation, location, expected) => assert.strictEqual(redirect(location, delegation), expected))
})

describe("referenceTarget", () => {
  it.each([
    ["FMT-60", "https://b.example/p.json", "https://b.example/p.json"],
    ["FMT-62 fragment", "https://b.example/p.json#f", "https://b.example/p.json"],
    ["FMT-60 relative", "/p.json", "InvalidReferenceUrl"],
    ["FMT-60 network path", "//b.example/p.json", "InvalidReferenceUrl"],
    ["FMT-60 http", "http://b.example/p.json", "ReferenceInsecureScheme"],
    ["8.1 https:/x", "https:/x", "InvalidReferenceUrl"],
    ["RES-82 user-info", "https://u@b.example/", "ReferenceForbiddenTarget"],
    ["RES-82 address", "https://127.0.0.1/", "ReferenceForbiddenTarget"],
    ["RES-82 port", "https://b.example:444/", "ReferenceForbiddenTarget"]
  ])("%s", (_, url, expected) => assert.strictEqual(reference(url), expected))

  it("RES-70 applies to references as well", () =>
    assert.strictEqual(reference("https://b.example/", { mode: "same-site" }), "DelegationForbidden"))
})

describe("leavesSite (SEC-05)", () => {
  it.each([
    ["www.a.com", "posh.a.com", false],
    ["a.com", "b.com", true],
    ["a.co.uk", "b.co.uk", true],
    ["a.github.io", "b.github.io", true]
  ])("%s → %s: %s", (from, to, expected) => assert.strictEqual(leavesSite(from as Domain, to as Domain), expected))
})

describe("no text makes a target that is not public https", () => {
  it.prop("redirects", [Schema.String, Schema.String], ([left, right]) => {
    for (const text of [left, `https://${left}`, `//${left}/${right}`, `https://b.example${left}${right}`]) {
      const target = redirectTarget(text, base, source, policy())
      if (Result.isFailure(target)) continue
      const { host, hostname, password, port, protocol, username } = new URL(target.success.url)
      assert.deepStrictEqual([protocol, host, port, username, password], ["https:", hostname, "", "", ""])
      assert.strictEqual(hostname, target.success.host)
    }
  }, { arbitrary: { runs: 5_000 } })
})
