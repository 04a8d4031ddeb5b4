/**
 * Many different certificates, quickly. A CA issues one; the others differ from it in serial number, names, key, key
 * identifier and signature. Their signatures are random octets and NOT valid: nothing here checks them, because POSH
 * compares digests. A hundred thousand take a second or two.
 */
import { type Certificate, issue, rootCa } from "@posh/testing"
import { Effect } from "effect"
import { createECDH, createHash, createPrivateKey, createPublicKey, randomBytes, sign } from "node:crypto"
import { domainOf } from "./domains.ts"

/** Of the template; replaced by a name of the same length. */
const label = "x0000000"
const serial = "4a".repeat(16)

/** Public keys; more would only take time. */
const keys = 256

/** With the names of an XMPP server and those of its tenants, so that a certificate has about 1 KiB. */
const issueTemplate = Effect.gen(function*() {
  const root = yield* rootCa({ subject: "CN=Issuing CA E7, O=Example Trust Services, C=DE" })
  const host = `${label}.xmpp.example`
  const template = yield* issue(root, {
    subject: `CN=${host}`,
    serial,
    dnsNames: [host, ...["conference", "pubsub", "upload", "proxy", "turn"].map((name) => `${name}.${host}`)],
    srvNames: [`_xmpp-server.${host}`, `_xmpp-client.${host}`],
    xmppAddrs: [host],
    extraSanCount: 8
  })
  return template
})

/** DER of so many certificates. */
export const issueMany = (count: number): Effect.Effect<ReadonlyArray<Buffer>> =>
  Effect.map(issueTemplate, (template) => {
    const reissue = reissueOf(template, { label, labelOf: (index) => `x${String(index).padStart(7, "0")}` }, random)
    return Array.from({ length: count }, (_, index) => reissue(index))
  })

/** So many certificates below one root and one intermediate, each of the domain with its number, whose signatures ARE VALID. */
export interface Chains {
  readonly root: Certificate
  readonly intermediate: Certificate
  readonly leaves: ReadonlyArray<Buffer>
}

export const issueChains = (count: number): Effect.Effect<Chains> =>
  Effect.gen(function*() {
    const root = yield* rootCa({ subject: "CN=Root CA X2, O=Example Trust Services, C=DE" })
    const intermediate = yield* issue(root, {
      subject: "CN=Issuing CA E7, O=Example Trust Services, C=DE",
      ca: true,
      pathLength: 0
    })
    const host = domainOf(0)
    const template = yield* issue(intermediate, {
      subject: `CN=${host}`,
      serial,
      dnsNames: [host, ...["conference", "pubsub", "upload", "proxy"].map((name) => `${name}.${host}`)],
      srvNames: [`_xmpp-server.${host}`, `_xmpp-client.${host}`],
      xmppAddrs: [host],
      extraSanCount: 8
    })
    const key = createPrivateKey(intermediate.keyPem)
    const reissue = reissueOf(template, { label: host, labelOf: domainOf }, (tbs) => sign("sha256", tbs, key))
    return { root, intermediate, leaves: Array.from({ length: count }, (_, index) => reissue(index)) }
  })

/** What stands for the number of a certificate in all of its names; each of the same length. */
interface Labels {
  readonly label: string
  readonly labelOf: (index: number) => string
}

const reissueOf = (
  template: Certificate,
  { label, labelOf }: Labels,
  signatureOf: (tbs: Buffer) => Buffer
): (index: number) => Buffer => {
  const tbs = Buffer.from(toBeSigned(template.der))
  const { x = "", y = "" } = createPublicKey(template.pem).export({ format: "jwk" })
  const point = Buffer.concat([Buffer.of(4), Buffer.from(x, "base64url"), Buffer.from(y, "base64url")])
  const places = {
    serial: placesOf(tbs, Buffer.from(serial, "hex")),
    label: placesOf(tbs, Buffer.from(label)),
    point: placesOf(tbs, point),
    keyIdentifier: placesOf(tbs, sha1(point))
  }
  for (const [name, found] of Object.entries(places)) if (found.length === 0) throw new Error(`no ${name}`)
  const curve = createECDH("prime256v1")
  const pool = Array.from({ length: keys }, () => {
    const key = curve.generateKeys()
    return { key, identifier: sha1(key) }
  })
  return (index) => {
    const { key, identifier } = pool[index % keys]!
    const next = Buffer.from(tbs)
    write(next, places.serial, Buffer.concat([Buffer.of(0x4a), randomBytes(15)]))
    write(next, places.label, Buffer.from(labelOf(index)))
    write(next, places.point, key)
    write(next, places.keyIdentifier, identifier)
    return withSignature(next, signatureOf(next))
  }
}

const sha1 = (octets: Uint8Array): Buffer => createHash("sha1").update(octets).digest()

const placesOf = (octets: Buffer, sought: Buffer): ReadonlyArray<number> => {
  const places: Array<number> = []
  for (let at = octets.indexOf(sought); at >= 0; at = octets.indexOf(sought, at + 1)) places.push(at)
  return places
}

const write = (octets: Buffer, places: ReadonlyArray<number>, value: Uint8Array): void => {
  for (const place of places) octets.set(value, place)
}

/** RFC 5280 §4.1: the first element, of 256 octets or more, of a SEQUENCE that is at least as long. */
const toBeSigned = (der: Uint8Array): Uint8Array => {
  const header = 4
  const size = Buffer.from(der).readUInt16BE(header + 2)
  return der.subarray(header, header + header + size)
}

const ecdsaWithSha256 = Buffer.from("300a06082a8648ce3d040302", "hex")

/** An ECDSA-Sig-Value of the usual size, of two positive random numbers. */
const random = (): Buffer => {
  const octets = randomBytes(64)
  octets[0] = octets[0]! & 0x3f | 0x40
  octets[32] = octets[32]! & 0x3f | 0x40
  return Buffer.concat([
    Buffer.of(0x30, 68, 0x02, 32),
    octets.subarray(0, 32),
    Buffer.of(0x02, 32),
    octets.subarray(32)
  ])
}

/** `signature`: an ECDSA-Sig-Value of less than 127 octets. */
const withSignature = (tbs: Buffer, signature: Buffer): Buffer => {
  const contents = [tbs, ecdsaWithSha256, Buffer.of(0x03, signature.length + 1, 0), signature]
  const header = Buffer.of(0x30, 0x82, 0, 0)
  header.writeUInt16BE(contents.reduce((sum, { length }) => sum + length, 0), 2)
  return Buffer.concat([header, ...contents])
}
