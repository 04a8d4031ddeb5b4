/** Builds certificates part by part, also malformed ones, which the CA of `@posh/testing` does not issue. */
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto"
import { name, oid, sequence, text, tlv } from "./der.ts"

export interface Keys {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

export interface Parts {
  /** `[0] version`; default version 3, empty for version 1. */
  readonly version?: ReadonlyArray<Uint8Array>
  readonly serial?: Uint8Array
  /** The signature algorithm in tbsCertificate; default the actual one. */
  readonly inner?: Uint8Array
  readonly issuer?: Uint8Array
  readonly subject?: Uint8Array
  /** Default 2026 to 2036. */
  readonly times?: ReadonlyArray<Uint8Array>
  readonly keys?: Keys
  readonly issuerKeys?: Keys
  readonly spki?: Uint8Array
  readonly extensions?: ReadonlyArray<Uint8Array>
  /** Instead of the list of extensions. */
  readonly rest?: Uint8Array
  /** Default: a valid one. */
  readonly signature?: Uint8Array
}

export const makeKeys = (): Keys => generateKeyPairSync("ec", { namedCurve: "P-256" })

export const utcTimes = [text(0x17, "260105000000Z"), text(0x17, "360105000000Z")] as const

export const yes = tlv(0x01, Uint8Array.of(0xff))

export const extension = (dotted: string, value: Uint8Array, critical?: Uint8Array): Uint8Array =>
  sequence(oid(dotted), ...(critical === undefined ? [] : [critical]), tlv(0x04, value))

export const common = (value: string): Uint8Array => name(["2.5.4.3", 0x0c, value])

const empty = new Uint8Array()
const defaultKeys = makeKeys()
const ecdsaWithSha256 = sequence(oid("1.2.840.10045.4.3.2"))
const rsaWithSha256 = sequence(oid("1.2.840.113549.1.1.11"), tlv(0x05))

/** Signed by `issuerKeys`. */
export const certificate = (parts: Parts): Uint8Array => {
  const { privateKey } = parts.issuerKeys ?? defaultKeys
  const algorithm = privateKey.asymmetricKeyType === "rsa" ? rsaWithSha256 : ecdsaWithSha256
  const tbs = sequence(
    ...(parts.version ?? [tlv(0xa0, tlv(0x02, Uint8Array.of(2)))]),
    parts.serial ?? tlv(0x02, Uint8Array.of(1)),
    parts.inner ?? algorithm,
    parts.issuer ?? common("Issuer"),
    sequence(...parts.times ?? utcTimes),
    parts.subject ?? common("Subject"),
    parts.spki ?? (parts.keys ?? defaultKeys).publicKey.export({ type: "spki", format: "der" }),
    parts.rest ?? (parts.extensions === undefined ? empty : tlv(0xa3, sequence(...parts.extensions)))
  )
  const signature = sign("sha256", tbs, privateKey)
  return sequence(tbs, algorithm, parts.signature ?? tlv(0x03, Uint8Array.of(0), signature))
}
