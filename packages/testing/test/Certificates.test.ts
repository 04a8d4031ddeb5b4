import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { createHash, createPrivateKey, X509Certificate } from "node:crypto"
import {
  fingerprintsDocument,
  issue,
  jwkSetDocument,
  referenceDocument,
  rootCa,
  selfSigned,
  sha256Base64,
  UNKNOWN_EXTENSION
} from "../src/index.ts"
import type { Certificate, CertificateOptions } from "../src/index.ts"

const parsed = ({ der }: Certificate) => new X509Certificate(der)

const rows: ReadonlyArray<readonly [string, CertificateOptions, (certificate: X509Certificate) => void]> = [
  ["DNS names", { dnsNames: ["a.example", "*.b.example"] }, (c) => {
    assert.strictEqual(c.subjectAltName, "DNS:a.example, DNS:*.b.example")
    assert.strictEqual(c.subject, "CN=a.example")
  }],
  [
    "SRV name",
    { srvNames: ["_xmpp-server.a.example"] },
    (c) => assert.strictEqual(c.subjectAltName, "othername:SRVName:_xmpp-server.a.example")
  ],
  [
    "XMPP address",
    { xmppAddrs: ["a.example"] },
    (c) => assert.strictEqual(c.subjectAltName, "othername:XmppAddr:a.example")
  ],
  [
    "addresses",
    { ipAddresses: ["192.0.2.1", "2001:db8::1"] },
    (c) => assert.strictEqual(c.subjectAltName, "IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1")
  ],
  ["URI", { uris: ["xmpp:a.example"] }, (c) => assert.strictEqual(c.subjectAltName, "URI:xmpp:a.example")],
  ["no names", { subject: "CN=only, O=Test" }, (c) => assert.isUndefined(c.subjectAltName)],
  ["dates", { notBefore: new Date("2011-01-01"), notAfter: new Date("2012-01-01") }, (c) => {
    assert.strictEqual(c.validFromDate.toISOString(), "2011-01-01T00:00:00.000Z")
    assert.strictEqual(c.validToDate.toISOString(), "2012-01-01T00:00:00.000Z")
  }],
  ["serial", { serial: 6 }, (c) => assert.strictEqual(c.serialNumber, "06")],
  ["CA as a leaf", { ca: true, dnsNames: ["a.example"] }, (c) => assert.isTrue(c.ca)],
  ["weak key", { key: "rsa1024" }, (c) => assert.strictEqual(c.publicKey.asymmetricKeyDetails?.modulusLength, 1024)],
  ["RSA", { key: "rsa2048" }, (c) => assert.strictEqual(c.publicKey.asymmetricKeyDetails?.modulusLength, 2048)],
  ["P-384", { key: "p384" }, (c) => assert.strictEqual(c.publicKey.asymmetricKeyDetails?.namedCurve, "secp384r1")],
  ["Ed25519", { key: "ed25519" }, (c) => assert.strictEqual(c.publicKey.asymmetricKeyType, "ed25519")],
  ["SHA-1 with ECDSA", { hash: "SHA-1" }, (c) => assert.strictEqual(c.signatureAlgorithm, "ecdsa-with-SHA1")],
  [
    "SHA-1 with RSA",
    { hash: "SHA-1", key: "rsa1024" },
    (c) => assert.strictEqual(c.signatureAlgorithm, "sha1WithRSAEncryption")
  ],
  [
    "purpose",
    { extendedKeyUsage: ["1.3.6.1.5.5.7.3.3"] },
    (c) => assert.deepStrictEqual(c.keyUsage, ["1.3.6.1.5.5.7.3.3"])
  ],
  ["default purposes", {}, (c) => assert.deepStrictEqual(c.keyUsage, ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"])],
  ["thousands of names", { extraSanCount: 5000 }, (c) => assert.strictEqual(c.subjectAltName?.split(",").length, 5000)]
]

describe("Certificates", () => {
  for (const [name, options, check] of rows) {
    it.effect(name, () =>
      Effect.gen(function*() {
        const certificate = parsed(yield* selfSigned(options))
        assert.isTrue(certificate.verify(certificate.publicKey))
        check(certificate)
      }))
  }

  it.effect("chains: root, intermediate with constraints, leaf", () =>
    Effect.gen(function*() {
      const root = yield* rootCa()
      const intermediate = yield* issue(root, {
        subject: "CN=Intermediate",
        ca: true,
        pathLength: 0,
        nameConstraints: { permitted: ["example"], excluded: ["bad.example"] }
      })
      const leaf = yield* issue(intermediate, { dnsNames: ["a.example"], criticalUnknown: true })
      assert.deepStrictEqual(leaf.issuers, [intermediate, root])
      assert.isTrue(parsed(leaf).verify(parsed(intermediate).publicKey))
      assert.isTrue(parsed(leaf).checkIssued(parsed(intermediate)))
      assert.isTrue(parsed(intermediate).checkIssued(parsed(root)))
      assert.isTrue(parsed(leaf).checkPrivateKey(createPrivateKey(leaf.keyPem)))
      assert.isTrue(leaf.cert.getExtension(UNKNOWN_EXTENSION)?.critical)
      assert.isTrue(intermediate.cert.getExtension("2.5.29.30")?.critical)
    }))

  it.effect("renews with the same key", () =>
    Effect.gen(function*() {
      const first = yield* selfSigned({ dnsNames: ["a.example"] })
      const second = yield* selfSigned({ dnsNames: ["a.example"], keys: first.keys })
      assert.isTrue(parsed(first).publicKey.equals(parsed(second).publicKey))
      assert.notStrictEqual(sha256Base64(first.der), sha256Base64(second.der))
    }))
})

describe("documents", () => {
  it.effect("publish what was issued", () =>
    Effect.gen(function*() {
      const root = yield* rootCa()
      const leaf = yield* issue(root, { dnsNames: ["a.example"] })
      const sha512 = createHash("sha512").update(leaf.der).digest("base64")
      assert.deepStrictEqual(fingerprintsDocument([leaf], { expires: 60, algorithms: ["sha-256", "sha-512"] }), {
        fingerprints: [{ "sha-256": sha256Base64(leaf.der), "sha-512": sha512 }],
        expires: 60
      })
      assert.deepStrictEqual(referenceDocument("https://h.example/", 5), { url: "https://h.example/", expires: 5 })
      const [entry] = jwkSetDocument([leaf], { kid: "k", withChain: true }).keys
      assert.strictEqual(entry?.kty, "EC")
      assert.strictEqual(entry?.kid, "k")
      assert.deepStrictEqual(entry?.x5c, [leaf, root].map(({ der }) => Buffer.from(der).toString("base64")))
      assert.notProperty(entry, "d")
    }))
})
