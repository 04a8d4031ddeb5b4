/** Certificates put together from parts, each of which may be wrong. */
import type { Certificate } from "../src/x509/Certificate.ts"
import { name, oid, sequence, text, tlv } from "./x509/chain/der.ts"

export interface Parts {
  readonly version?: ReadonlyArray<Uint8Array>
  readonly serial?: Uint8Array
  readonly inner?: Uint8Array
  readonly issuer?: Uint8Array
  readonly times?: ReadonlyArray<Uint8Array>
  readonly subject?: Uint8Array
  readonly spki?: Uint8Array
  /** Of the extensions; `[]` makes an empty list, `undefined` none. */
  readonly extensions?: ReadonlyArray<Uint8Array>
  /** Instead of the list of extensions. */
  readonly rest?: ReadonlyArray<Uint8Array>
  readonly signature?: Uint8Array
  /** After the signature. */
  readonly more?: ReadonlyArray<Uint8Array>
}

const ecdsaWithSha256 = sequence(oid("1.2.840.10045.4.3.2"))

export const bits = (...octets: ReadonlyArray<number>): Uint8Array => tlv(0x03, Uint8Array.from(octets))

export const spkiOf = (algorithm: string, parameters: Uint8Array | undefined, key: Uint8Array): Uint8Array =>
  sequence(
    sequence(oid(algorithm), ...(parameters === undefined ? [] : [parameters])),
    tlv(0x03, Uint8Array.of(0), key)
  )

export const p256 = "1.2.840.10045.3.1.7"
/** Of the key that a certificate here has; it lies on no curve. */
export const point = Uint8Array.from({ length: 65 }, (_, index) => index === 0 ? 4 : index)

export const extension = (dotted: string, value: Uint8Array, critical?: Uint8Array): Uint8Array =>
  sequence(oid(dotted), ...(critical === undefined ? [] : [critical]), tlv(0x04, value))

export const yes: Uint8Array = tlv(0x01, Uint8Array.of(0xff))

/** A certificate that nobody signed; without parts, one that parses. */
export const forge = (parts: Parts = {}): Uint8Array =>
  sequence(
    sequence(
      ...(parts.version ?? [tlv(0xa0, tlv(0x02, Uint8Array.of(2)))]),
      parts.serial ?? tlv(0x02, Uint8Array.of(1)),
      parts.inner ?? ecdsaWithSha256,
      parts.issuer ?? name(["2.5.4.3", 0x0c, "Issuer"]),
      sequence(...parts.times ?? [text(0x17, "260105000000Z"), text(0x17, "360105000000Z")]),
      parts.subject ?? name(["2.5.4.3", 0x0c, "Subject"]),
      parts.spki ?? spkiOf("1.2.840.10045.2.1", oid(p256), point),
      ...parts.rest ?? (parts.extensions === undefined ? [] : [tlv(0xa3, sequence(...parts.extensions))])
    ),
    ecdsaWithSha256,
    parts.signature ?? bits(0, 1, 2),
    ...parts.more ?? []
  )

/** Every member of a certificate, read now. A certificate itself reads each when it is asked for. */
export const membersOf = (certificate: Certificate) => {
  const { der, extendedKeyUsage, faults, isCa, issuer, keyUsage, names, namesLeftOut } = certificate
  const { notAfter, notBefore, pathLength, publicKey, serialNumber, sha256, subject, unknownCritical } = certificate
  const uses = { isCa, pathLength, keyUsage, extendedKeyUsage, unknownCritical }
  return {
    der,
    sha256,
    notBefore,
    notAfter,
    subject,
    issuer,
    serialNumber,
    names,
    namesLeftOut,
    publicKey,
    faults,
    ...uses
  }
}
