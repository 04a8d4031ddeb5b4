/**
 * A CA that writes certificates part by part, also those that no library issues. What is not changed conforms to RFC 5280.
 * Synchronous, and without real time: what it issues is valid in 2026, unless told otherwise.
 */
import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto"
import { oid, sequence, text, tlv } from "./der.ts"

export interface ForgedKeys {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

/** An extension; `null` in its place leaves it out. */
export interface ForgedExtension {
  readonly oid: string
  readonly critical: boolean
  /** DER. */
  readonly value: Uint8Array
}

export interface ForgeOptions {
  /** Default false. */
  readonly ca?: boolean
  /** A common name, or a DER `Name`; default `leaf` or `CA`. */
  readonly subject?: string | Uint8Array
  /** In place of the issuer's. */
  readonly issuerName?: Uint8Array
  /** Default new ones on P-256. */
  readonly keys?: ForgedKeys
  /** In place of the keys' own SubjectPublicKeyInfo. */
  readonly spki?: Uint8Array
  /** Content of the INTEGER; default one of 8 octets. */
  readonly serial?: Uint8Array
  /** Version 1 has no extensions; default 3. */
  readonly version?: 1 | 3
  /** Default 2026-01-01, 2027-01-01. */
  readonly notBefore?: string
  readonly notAfter?: string
  readonly pathLength?: number
  /** dNSNames; default `example.com` in leaves, none in CAs. */
  readonly dns?: ReadonlyArray<string>
  /** DER GeneralNames, besides the dNSNames. */
  readonly names?: ReadonlyArray<Uint8Array>
  /** Bits of keyUsage, 0 is digitalSignature. */
  readonly keyUsage?: ReadonlyArray<number>
  /** OIDs. */
  readonly extendedKeyUsage?: ReadonlyArray<string>
  /** DER GeneralNames. */
  readonly permitted?: ReadonlyArray<Uint8Array>
  readonly excluded?: ReadonlyArray<Uint8Array>
  /** Instead of what the options above make of an extension, by its name here. */
  readonly instead?: { readonly [N in ExtensionName]?: ForgedExtension | null }
  readonly more?: ReadonlyArray<ForgedExtension>
  /** AlgorithmIdentifier in tbsCertificate, if it is another than outside. */
  readonly innerAlgorithm?: Uint8Array
  /** SHA-1 in place of SHA-256. */
  readonly sha1?: boolean
}

export interface Forged {
  readonly der: Uint8Array
  readonly keys: ForgedKeys
  /** DER `Name`. */
  readonly subject: Uint8Array
  readonly keyId: Uint8Array
}

export const extensionOids = {
  keyId: "2.5.29.14",
  keyUsage: "2.5.29.15",
  altNames: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  nameConstraints: "2.5.29.30",
  issuerKeyId: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37"
} as const

export type ExtensionName = keyof typeof extensionOids

/** Issues a certificate; without an issuer it signs itself. */
export const forge = (issuer: Forged | undefined, options: ForgeOptions = {}): Forged => {
  const keys = options.keys ?? forgeKeys()
  const { ca = false, subject = ca ? "CA" : "leaf" } = options
  const name = typeof subject === "string" ? commonName(subject) : subject
  const spki = options.spki ?? keys.publicKey.export({ type: "spki", format: "der" })
  const keyId = keyIdOf(spki)
  const self = { der: new Uint8Array(), keys, subject: name, keyId }
  const algorithm = algorithmOf((issuer ?? self).keys.privateKey, options.sha1 === true)
  const tbs = sequence(
    ...(options.version === 1 ? [] : [tlv(0xa0, tlv(0x02, Uint8Array.of(2)))]),
    tlv(0x02, options.serial ?? Uint8Array.of(0x40, ...keyId.subarray(0, 7))),
    options.innerAlgorithm ?? algorithm,
    options.issuerName ?? (issuer ?? self).subject,
    sequence(utcTime(options.notBefore ?? "2026-01-01T00:00:00Z"), utcTime(options.notAfter ?? "2027-01-01T00:00:00Z")),
    name,
    spki,
    ...(options.version === 1 ? [] : [tlv(0xa3, sequence(...extensionsOf(options, keyId, issuer).map(extensionDer)))])
  )
  const { privateKey } = (issuer ?? self).keys
  const hash = privateKey.asymmetricKeyType === "ed25519" ? undefined : options.sha1 === true ? "sha1" : "sha256"
  const signature = tlv(0x03, Uint8Array.of(0), sign(hash, tbs, privateKey))
  return { ...self, der: new Uint8Array(sequence(tbs, algorithm, signature)) }
}

/** New keys: a curve, or bits of RSA. */
export const forgeKeys = (kind: string | number = "P-256"): ForgedKeys =>
  typeof kind === "number"
    ? generateKeyPairSync("rsa", { modulusLength: kind })
    : generateKeyPairSync("ec", { namedCurve: kind })

/** A `Name` with one attribute in each RDN, of OIDs and UTF8Strings. */
export const distinguishedName = (...attributes: ReadonlyArray<readonly [type: string, value: string]>): Uint8Array =>
  sequence(...attributes.map(([type, value]) => tlv(0x31, sequence(oid(type), text(0x0c, value)))))

export const commonName = (value: string): Uint8Array => distinguishedName(["2.5.4.3", value])

/** GeneralNames. */
export const generalName = {
  dns: (value: string) => text(0x82, value),
  email: (value: string) => text(0x81, value),
  uri: (value: string) => text(0x86, value),
  ip: (...octets: ReadonlyArray<number>) => tlv(0x87, Uint8Array.from(octets)),
  directory: (name: Uint8Array) => tlv(0xa4, name),
  other: (type: string, value: Uint8Array) => tlv(0xa0, oid(type), tlv(0xa0, value)),
  srv: (value: string) => generalName.other("1.3.6.1.5.5.7.8.7", text(0x16, value)),
  xmpp: (value: string) => generalName.other("1.3.6.1.5.5.7.8.5", text(0x0c, value))
}

/** An extension by its name here, or by its OID. */
export const forgedExtension = (
  name: ExtensionName | `${number}.${string}`,
  value: Uint8Array,
  critical = false
): ForgedExtension => ({ oid: isKnown(name) ? extensionOids[name] : name, critical, value })

const isKnown = (name: string): name is ExtensionName => name in extensionOids

/** BasicConstraints. */
export const basicConstraints = (ca: boolean, pathLength?: number): Uint8Array =>
  sequence(
    ...(ca ? [tlv(0x01, Uint8Array.of(0xff))] : []),
    ...(pathLength === undefined ? [] : [tlv(0x02, Uint8Array.of(pathLength))])
  )

/** NameConstraints of GeneralNames. */
export const nameConstraints = (
  permitted: ReadonlyArray<Uint8Array>,
  excluded: ReadonlyArray<Uint8Array>
): Uint8Array =>
  sequence(
    ...[permitted, excluded].flatMap((names, list) =>
      names.length === 0 ? [] : [tlv(0xa0 + list, ...names.map((name) => sequence(name)))]
    )
  )

const serverAuth = "1.3.6.1.5.5.7.3.1"

const extensionsOf = (
  options: ForgeOptions,
  keyId: Uint8Array,
  issuer: Forged | undefined
): ReadonlyArray<ForgedExtension> => {
  const { ca = false, excluded = [], names = [], pathLength, permitted = [] } = options
  const altNames = [...(options.dns ?? (ca ? [] : ["example.com"])).map(generalName.dns), ...names]
  const purposes = options.extendedKeyUsage ?? (ca ? [] : [serverAuth])
  const usage = options.keyUsage ?? (ca ? [5, 6] : [0])
  const usual: { readonly [N in ExtensionName]: ForgedExtension | null } = {
    basicConstraints: ca ? forgedExtension("basicConstraints", basicConstraints(true, pathLength), true) : null,
    keyUsage: forgedExtension("keyUsage", usageBits(usage), true),
    extendedKeyUsage: purposes.length === 0
      ? null
      : forgedExtension("extendedKeyUsage", sequence(...purposes.map(oid))),
    altNames: altNames.length === 0 ? null : forgedExtension("altNames", sequence(...altNames)),
    nameConstraints: permitted.length + excluded.length === 0
      ? null
      : forgedExtension("nameConstraints", nameConstraints(permitted, excluded), true),
    keyId: forgedExtension("keyId", tlv(0x04, keyId)),
    issuerKeyId: forgedExtension("issuerKeyId", sequence(tlv(0x80, issuer?.keyId ?? keyId)))
  }
  return [
    ...Object.values({ ...usual, ...options.instead }).filter((extension) => extension !== null),
    ...options.more ?? []
  ]
}

const extensionDer = ({ critical, oid: type, value }: ForgedExtension): Uint8Array =>
  sequence(oid(type), ...(critical ? [tlv(0x01, Uint8Array.of(0xff))] : []), tlv(0x04, value))

// DER: the last octet ends with the last set bit.
const usageBits = (bits: ReadonlyArray<number>): Uint8Array => {
  const octet = bits.reduce((octet, bit) => octet | (0x80 >> bit), 0)
  return octet === 0 ? tlv(0x03, Uint8Array.of(0)) : tlv(0x03, Uint8Array.of(7 - Math.max(...bits), octet))
}

// RFC 5280 §4.2.1.2 (1), of the whole SubjectPublicKeyInfo: any identifier serves that differs for each key.
const keyIdOf = (spki: Uint8Array): Uint8Array => createHash("sha1").update(spki).digest()

const utcTime = (instant: string): Uint8Array =>
  text(0x17, `${new Date(instant).toISOString().replace(/[-:T]/g, "").slice(2, 14)}Z`)

const algorithmOf = ({ asymmetricKeyType }: KeyObject, sha1: boolean): Uint8Array => {
  if (asymmetricKeyType === "ed25519") return sequence(oid("1.3.101.112"))
  if (asymmetricKeyType === "dsa") return sequence(oid("2.16.840.1.101.3.4.3.2"))
  if (asymmetricKeyType === "rsa") return sequence(oid(`1.2.840.113549.1.1.${sha1 ? 5 : 11}`), tlv(0x05))
  return sequence(oid(sha1 ? "1.2.840.10045.4.1" : "1.2.840.10045.4.3.2"))
}
