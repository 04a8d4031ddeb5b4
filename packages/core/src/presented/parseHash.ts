/**
 * Decodes a hash from the text of a caller, as tools print it (POSH-REQ-10).
 */
import { hashLengths, type HashName } from "../association/Material.ts"
import { decodeBase64, fromHex } from "../encoding/base64.ts"

/**
 * Decodes hex, hex with colons, or padded base64; also whole lines of `openssl x509 -fingerprint`, `openssl dgst` and
 * `sha256sum`, unless they name another hash. `undefined` otherwise.
 */
export const parseHash = (name: HashName, text: string): Uint8Array | undefined => {
  const octets = decode(name, text) ?? decode(name, valueIn(name, text.trim()))
  return octets?.length === hashLengths[name] ? octets : undefined
}

/** The forms that are read, for a person. */
export const hashForms = (name: HashName): string => {
  const tool = name.replace("-", "")
  return [
    `hex, with or without colons, or padded base64 of ${hashLengths[name]} octets, such as`,
    `openssl x509 -noout -fingerprint -${tool} prints of a certificate, and ${tool}sum of its DER octets`
  ].join(" ")
}

const decode = (name: HashName, text: string): Uint8Array | undefined => {
  const octets = hashLengths[name]
  if (text.length === 2 * octets) return fromHex(text)
  return text.length === 3 * octets - 1 && colons.test(text) ? fromHex(text.replaceAll(":", "")) : decodeBase64(text)
}

const colons = /^[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2})*$/

// `sha256 Fingerprint=AA:…`, `SHA2-256(stdin)= aa…`, `SHA256 (file) = aa…`
const labelled = /^sha(?:2-|-)?(\d{3})(?: fingerprint|(?: ?\([^\r\n]*\) ?))= ?([0-9a-f:]+)$/i
// `aa…  file`, `aa… *file`
const listed = /^([0-9a-f]+) [ *][^\r\n]*$/i

const valueIn = (name: HashName, line: string): string => {
  const [, bits, value] = labelled.exec(line) ?? []
  if (bits !== undefined && value !== undefined) return name === `sha-${bits}` ? value : ""
  return listed.exec(line)?.[1] ?? line.replace(/\s+/g, "") // base64 may be wrapped
}
