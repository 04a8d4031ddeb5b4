/** Of several certificates in one text, those that a server presents as its own are published (POSH-PUB-20). */
import { assert, layer } from "@effect/vitest"
import { issue, rootCa, selfSigned } from "@posh/testing"
import { Context, Effect, Layer, Result } from "effect"
import { generateDocument } from "../../src/publish/generate.ts"
import { readLeaves } from "../../src/publish/leaves.ts"
import { parseService, registeredServices } from "../../src/question/Service.ts"
import { parseCertificate } from "../../src/x509/Certificate.ts"

const names = ["root", "middle", "rsa", "ecdsa", "own", "other", "odd"] as const
type Name = typeof names[number]

const make = Effect.gen(function*() {
  const root = yield* rootCa()
  const middle = yield* issue(root, { subject: "CN=Middle", ca: true })
  return {
    root,
    middle,
    rsa: yield* issue(middle, { key: "rsa2048", dnsNames: ["chat.example"] }),
    ecdsa: yield* issue(middle, { dnsNames: ["chat.example"] }),
    // As `openssl req -x509` makes it.
    own: yield* selfSigned({ subject: "CN=Own", ca: true, dnsNames: ["chat.example"] }),
    other: yield* selfSigned({ subject: "CN=Other", ca: true }),
    odd: yield* issue(root, { subject: "CN=Odd", keyUsage: ["cRLSign"] })
  }
})

class World extends Context.Service<World, Effect.Success<typeof make>>()("posh/test/Leaves") {}

interface Row {
  readonly what: string
  readonly text: ReadonlyArray<Name>
  /** Which are published; `undefined` if the text is refused. */
  readonly published?: ReadonlyArray<Name>
  readonly findings?: ReadonlyArray<string>
}

const rows: ReadonlyArray<Row> = [
  { what: "one certificate", text: ["rsa"], published: ["rsa"] },
  { what: "a chain", text: ["rsa", "middle", "root"], published: ["rsa"] },
  { what: "a chain from the top", text: ["root", "middle", "ecdsa"], published: ["ecdsa"] },
  { what: "two kinds of key", text: ["rsa", "ecdsa"], published: ["rsa", "ecdsa"] },
  {
    what: "two kinds of key, each with its chain",
    text: ["rsa", "middle", "ecdsa", "middle"],
    published: ["rsa", "ecdsa"]
  },
  { what: "a chain without its root", text: ["middle", "rsa"], published: ["rsa"] },
  { what: "a self-signed one that is a CA's", text: ["own"], published: ["own"] },
  { what: "a CA alone", text: ["root"], published: ["root"] },
  {
    what: "a self-signed one that is a CA's beside another",
    text: ["rsa", "own", "middle"],
    published: ["rsa"],
    findings: ["CaLeftOut certificates[3]"]
  },
  { what: "two self-signed ones that are CAs'", text: ["own", "other"] },
  { what: "a chain without its leaf", text: ["middle", "root"] }
]

const server = Result.getOrThrow(parseService("xmpp-server", registeredServices))

layer(Layer.effect(World, make), { excludeTestServices: true, timeout: 120_000 })("readLeaves", (it) => {
  it.effect.each(rows)("$what", ({ findings = [], published, text }) =>
    Effect.gen(function*() {
      const world = yield* World
      const leaves = readLeaves(text.map((name) => world[name].pem).join(""), "certificates[3]")
      if (Result.isFailure(leaves)) {
        assert.isUndefined(published)
        assert.deepInclude(leaves.failure, { code: "InvalidRequest", field: "certificates[3]" })
        return assert.match(leaves.failure.detail, /all certificates of the text are those of CAs/)
      }
      const { certificates } = leaves.success
      assert.deepStrictEqual(certificates.map(({ der }) => der), published?.map((name) => world[name].der))
      assert.deepStrictEqual(leaves.success.findings.map(({ code, path }) => `${code} ${path}`), findings)
    }))

  it.effect("a malformed one between others is refused with its member", () =>
    Effect.gen(function*() {
      const { ecdsa, rsa } = yield* World
      const bad = "-----BEGIN CERTIFICATE-----\nBQA=\n-----END CERTIFICATE-----\n"
      const error = Result.getOrThrow(Result.flip(readLeaves(rsa.pem + bad + ecdsa.pem, "certificates[0]")))
      assert.deepInclude(error, { code: "MalformedPresentedCertificate", field: "certificates[0]" })
    }))

  it.effect("the document comes with findings on what it publishes", () =>
    Effect.gen(function*() {
      const { ecdsa, odd, own } = yield* World
      const certificates = [ecdsa, odd, own].map(({ der }) => Result.getOrThrow(parseCertificate(der)))
      for (const [generation, member] of [["rfc7711", "fingerprints"], ["draft", "keys"]] as const) {
        const request = { certificates, generation }
        const { document, findings } = Result.getOrThrow(generateDocument(request, server, Date.now()))
        const published: ReadonlyArray<unknown> = JSON.parse(document)[member]
        assert.strictEqual(published.length, 3)
        assert.sameMembers(findings.map(({ code }) => code), ["LeafIsCa", "LeafKeyUsage"])
        for (const { path } of findings) assert.match(path ?? "", new RegExp(`^${member}\\[[012]\\]$`))
      }
    }))
})
