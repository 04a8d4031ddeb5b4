/** Which URLs of caIssuers are asked. */
import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { issuerTarget } from "../../src/fetch/certificates/issuerTarget.ts"

const read = (url: string, allowSpecialUse = true): string =>
  Result.match(issuerTarget(url, { allowSpecialUse }), {
    onFailure: (detail) => `refused: ${detail}`,
    onSuccess: ({ host, path, port, url }) => `${url} ${host} ${port} ${path}`
  })

const asked: ReadonlyArray<readonly [string, string]> = [
  ["http://ca.example/i.cer", "http://ca.example/i.cer ca.example 80 /i.cer"],
  ["HTTP://CA.Example./i.cer", "http://ca.example/i.cer ca.example 80 /i.cer"],
  ["http://ca.example:80/i.cer", "http://ca.example/i.cer ca.example 80 /i.cer"],
  ["http://ca.example", "http://ca.example/ ca.example 80 /"],
  ["http://ca.example/a?b=c#d", "http://ca.example/a?b=c ca.example 80 /a?b=c"],
  ["http://xn--bcher-kva.example/", "http://xn--bcher-kva.example/ xn--bcher-kva.example 80 /"],
  ["http://ca.example/../a/./b", "http://ca.example/a/b ca.example 80 /a/b"]
]

const refused: ReadonlyArray<readonly [string, RegExp]> = [
  ["https://ca.example/i.cer", /scheme/],
  ["ldap://ca.example/CN=CA", /scheme/],
  ["ldap:///CN=CA", /scheme/],
  ["file:///etc/passwd", /scheme/],
  ["ftp://ca.example/i.cer", /scheme/],
  ["data:application/pkix-cert;base64,MIIB", /scheme/],
  ["gopher://ca.example:80/", /scheme/],
  ["//ca.example/i.cer", /scheme/],
  ["/i.cer", /scheme/],
  ["", /characters/],
  ["http:", /absolute/],
  ["http:ca.example/i.cer", /absolute/],
  ["http:///i.cer", /absolute/],
  ["http://ca.example:443/", /port 443/],
  ["http://ca.example:8080/", /port 8080/],
  ["http://ca.example:22/", /port 22/],
  ["http://ca.example:99999/", /not a URL/],
  ["http://user@ca.example/", /user-info/],
  ["http://user:secret@ca.example/", /user-info/],
  ["http://127.0.0.1/", /./],
  ["http://0x7f.1/", /./],
  ["http://2130706433/", /./],
  ["http://[::1]/", /./],
  ["http://169.254.169.254/latest/meta-data/", /./],
  ["http://localhost/", /./],
  ["http://b\u00fccher.example/", /characters/],
  ["http://ca.example/a b", /characters/],
  ["http://ca.example/\u0000", /characters/],
  ["http://ca.example/\r\nHost: other", /characters/],
  ["http://ca%2eexample/", /./],
  ["http://ca.example\\@other.example/", /characters/],
  [`http://ca.example/${"a".repeat(2_048)}`, /2048/]
]

describe("issuerTarget (POSH-SEC-10)", () => {
  it.each(asked)("%s", (url, expected) => {
    assert.strictEqual(read(url), expected)
  })

  it.each(refused)("refused: %s", (url, detail) => {
    assert.match(read(url), new RegExp(`^refused: .*${detail.source}`))
  })

  it("names that are not public, unless the deployment has some", () => {
    assert.match(read("http://ca.example/", false), /^refused/)
    assert.match(read("http://metadata.google.internal/", false), /^refused/)
  })

  it.prop("any text is refused, or a URL of http on port 80 of a host name", [Schema.String], ([text]) => {
    for (const url of [text, `http://${text}`, `http://ca.example/${text}`]) {
      const target = issuerTarget(url, { allowSpecialUse: true })
      if (Result.isFailure(target)) continue
      const parsed = new URL(target.success.url)
      assert.deepStrictEqual([parsed.protocol, parsed.port, parsed.hostname], ["http:", "", target.success.host])
      assert.strictEqual(parsed.username + parsed.password + parsed.hash, "")
    }
  })
})
