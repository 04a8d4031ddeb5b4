import { assert, describe, it } from "@effect/vitest"
import { ensureInstalled, greenhouse } from "@posh/testing"
import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import type { HashName } from "../../src/association/Material.ts"
import { hashForms, parseHash } from "../../src/presented/parseHash.ts"

const der = greenhouse.next
const hashOf = (name: string) => createHash(name).update(der).digest()
const hash = hashOf("sha256")
const hex = hash.toString("hex")
const colons = hex.toUpperCase().replace(/..(?!$)/g, "$&:")
const base64 = hash.toString("base64")
const sha512 = hashOf("sha512")

describe("parseHash (POSH-REQ-10)", () => {
  it.each<[string, string, HashName?, Buffer?]>([
    ["hex", hex],
    ["hex in upper case", hex.toUpperCase()],
    ["base64", base64],
    ["hex with colons", colons],
    ["lower case with colons", colons.toLowerCase()],
    ["openssl x509 -fingerprint, OpenSSL 3", `sha256 Fingerprint=${colons}\n`],
    ["openssl x509 -fingerprint, OpenSSL 1", `SHA256 Fingerprint=${colons}\r\n`],
    ["openssl dgst", `SHA2-256(stdin)= ${hex}\n`],
    ["openssl dgst of a file", `SHA256(chat (1).der)= ${hex}`],
    ["sha256sum", `${hex}  -\n`],
    ["sha256sum of a file", `${hex}  chat.der`],
    ["sha256sum --binary", `${hex} *chat.der`],
    ["sha256sum --tag", `SHA256 (-) = ${hex}`],
    ["hex in groups", colons.replaceAll(":", " ")],
    ["white space around", `\t ${base64}\n`],
    ["base64 over two lines", sha512.toString("base64").replace(/.{76}/, "$&\n"), "sha-512", sha512],
    ["another hash", `sha384 Fingerprint=${hashOf("sha384").toString("hex")}`, "sha-384", hashOf("sha384")]
  ])("%s", (_, text, name = "sha-256", expected = hash) => {
    assert.deepStrictEqual(Buffer.from(parseHash(name, text) ?? []), expected)
  })

  it.each<[string, string]>([
    ["nothing", ""],
    ["a digit less", hex.slice(1)],
    ["colons in other places", `${hex.slice(0, 3)}:${hex.slice(3)}`],
    ["a colon at the end", `${colons}:`],
    ["a colon less", colons.replace(":", "")],
    ["another separator", colons.replaceAll(":", "-")],
    ["the name of another hash", `sha512 Fingerprint=${colons}`],
    ["SHA-1", `SHA1 Fingerprint=${hashOf("sha1").toString("hex").toUpperCase()}`],
    ["the name of a hash of this length", `SHA3-256(stdin)= ${hex}`],
    ["two lines", `${hex}  -\n${hex}  -`],
    ["base64 without padding", base64.replace("=", "")],
    ["base64url", base64.replaceAll("+", "-").replaceAll("/", "_").replace("=", "")],
    ["base64 whose + became blanks in a form", base64.replace(/^../, "  ")]
  ])("refuses %s", (_, text) => assert.isUndefined(parseHash("sha-256", text)))

  it("reads what the tools print here", () => {
    ensureInstalled("openssl", "version")
    const tools: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
      ["openssl", ["x509", "-inform", "DER", "-noout", "-fingerprint", "-sha256"]],
      ["openssl", ["dgst", "-sha256"]],
      ["sha256sum", []],
      ["sha256sum", ["--tag"]]
    ]
    for (const [tool, args] of tools) {
      const printed = execFileSync(tool, [...args], { input: der, encoding: "utf8" })
      assert.deepStrictEqual(Buffer.from(parseHash("sha-256", printed) ?? []), hash, printed)
    }
  })

  it("the message names the commands", () => {
    assert.match(hashForms("sha-512"), /64 octets.*openssl x509 -noout -fingerprint -sha512 .*sha512sum/)
  })
})
