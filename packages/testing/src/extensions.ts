/** The extensions of a certificate, from its options. */
import "reflect-metadata"
import * as x509 from "@peculiar/x509"
import { isIPv4 } from "node:net"
import type { CertificateOptions, KeyUsageName } from "./CertificateOptions.ts"
import { oid, sequence, text, tlv } from "./der.ts"

const SRV_NAME = "1.3.6.1.5.5.7.8.7"
const XMPP_ADDR = "1.3.6.1.5.5.7.8.5"
/** A private OID that no verifier knows. */
export const UNKNOWN_EXTENSION = "1.3.6.1.4.1.55555.7.11"

const tag = { ia5: 0x16, utf8: 0x0c, otherName: 0xa0, explicit: 0xa0, dns: 0x82, uri: 0x86, ip: 0x87 } as const

const otherName = (type: string, value: Uint8Array) => tlv(tag.otherName, oid(type), tlv(tag.explicit, value))

const groups = (side: string | undefined) => (side ? side.split(":").map((group) => parseInt(group, 16)) : [])

const ipOctets = (address: string): Uint8Array => {
  if (isIPv4(address)) return Uint8Array.from(address.split(".").map(Number))
  const [head, tail] = address.split("::").map(groups)
  const gap = Array.from({ length: 8 - (head?.length ?? 0) - (tail?.length ?? 0) }, () => 0)
  return Uint8Array.from([...(head ?? []), ...gap, ...(tail ?? [])].flatMap((group) => [group >> 8, group & 0xff]))
}

const many = (count: number) => Array.from({ length: count }, (_, index) => `extra-${index}.example`)

const generalNames = (options: CertificateOptions): ReadonlyArray<Uint8Array> => [
  ...(options.dnsNames ?? []).map((name) => text(tag.dns, name)),
  ...(options.srvNames ?? []).map((name) => otherName(SRV_NAME, text(tag.ia5, name))),
  ...(options.xmppAddrs ?? []).map((name) => otherName(XMPP_ADDR, text(tag.utf8, name))),
  ...(options.uris ?? []).map((uri) => text(tag.uri, uri)),
  ...(options.ipAddresses ?? []).map((address) => tlv(tag.ip, ipOctets(address))),
  ...many(options.extraSanCount ?? 0).map((name) => text(tag.dns, name))
]

/** AuthorityInfoAccessSyntax of caIssuers alone. */
export const issuerAccess = (urls: ReadonlyArray<string>): Uint8Array =>
  sequence(...urls.map((url) => sequence(oid("1.3.6.1.5.5.7.48.2"), text(tag.uri, url))))

const subtrees = (at: number, names: ReadonlyArray<string> = []) =>
  names.length === 0 ? [] : [tlv(at, ...names.map((name) => sequence(text(tag.dns, name))))]

const keyUsageBits = (names: ReadonlyArray<KeyUsageName>): number =>
  names.reduce((bits, name) => bits | x509.KeyUsageFlags[name], 0)

const defaultKeyUsage = (options: CertificateOptions): ReadonlyArray<KeyUsageName> => {
  if (options.ca === true) return ["digitalSignature", "keyCertSign", "cRLSign"]
  return options.key?.startsWith("rsa") === true ? ["digitalSignature", "keyEncipherment"] : ["digitalSignature"]
}

const SERVER_AND_CLIENT = ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]

/** All extensions except the key identifiers, which need the keys. */
export const extensionsOf = (options: CertificateOptions): ReadonlyArray<x509.Extension> => {
  const names = generalNames(options)
  const usage = options.keyUsage ?? defaultKeyUsage(options)
  const purposes = options.extendedKeyUsage ?? (options.ca === true ? [] : SERVER_AND_CLIENT)
  const constraints = [
    ...subtrees(0xa0, options.nameConstraints?.permitted),
    ...subtrees(0xa1, options.nameConstraints?.excluded)
  ]
  return [
    new x509.BasicConstraintsExtension(options.ca === true, options.pathLength, true),
    ...(usage.length === 0 ? [] : [new x509.KeyUsagesExtension(keyUsageBits(usage), true)]),
    ...(purposes.length === 0 ? [] : [new x509.ExtendedKeyUsageExtension([...purposes])]),
    ...(names.length === 0 ? [] : [new x509.Extension("2.5.29.17", false, sequence(...names))]),
    ...(constraints.length === 0 ? [] : [new x509.Extension("2.5.29.30", true, sequence(...constraints))]),
    ...(options.caIssuers === undefined
      ? []
      : [new x509.Extension("1.3.6.1.5.5.7.1.1", false, issuerAccess(options.caIssuers))]),
    ...(options.criticalUnknown === true
      ? [new x509.Extension(UNKNOWN_EXTENSION, true, text(tag.utf8, "unknown"))]
      : [])
  ]
}
