/**
 * Material in as few objects as possible: fingerprints are one text, whose characters are the octets of hashes. A JWK Set,
 * which few domains publish, stays as it is, copied.
 */
import {
  type Descriptor,
  type Fingerprints,
  hashLengths,
  type HashName,
  hashNames,
  type JwkEntry,
  type JwkSet,
  type Material
} from "../../association/Material.ts"
import { ownOctets, ownText } from "../../encoding/own.ts"
import { octetsBytes, textBytes } from "./sizes.ts"

export type PackedMaterial = string | PackedJwkSet

interface PackedJwkSet extends JwkSet {
  /** On the heap. */
  readonly bytes: number
}

export const packMaterial = (material: Material): PackedMaterial =>
  material._tag === "Fingerprints" ? packFingerprints(material) : packJwkSet(material)

export const unpackMaterial = (packed: PackedMaterial): Material =>
  typeof packed === "string"
    ? unpackFingerprints(packed)
    : { _tag: packed._tag, entries: packed.entries }

/** For each descriptor: two octets of its index, one of which hashes it has, and these, strongest first. */
const packFingerprints = ({ descriptors }: Fingerprints): string =>
  Buffer.concat(descriptors.flatMap(packDescriptor)).toString("latin1")

const packDescriptor = ({ hashes, index }: Descriptor): ReadonlyArray<Uint8Array> => {
  const present = hashNames.flatMap((name) => hashes[name] ?? [])
  const flags = hashNames.reduce((sum, name, bit) => hashes[name] === undefined ? sum : sum | (1 << bit), 0)
  return [Uint8Array.of(index >> 8, index & 0xff, flags), ...present]
}

const unpackFingerprints = (packed: string): Fingerprints => {
  const octets = Buffer.from(packed, "latin1")
  const descriptors: Array<Descriptor> = []
  for (let at = 0; at < octets.length;) {
    const index = octets.readUInt16BE(at)
    const flags = octets[at + 2] ?? 0
    at += 3
    const hashes: { [K in HashName]?: Uint8Array } = {}
    for (const [bit, name] of hashNames.entries()) {
      if ((flags & (1 << bit)) === 0) continue
      hashes[name] = new Uint8Array(octets.buffer, octets.byteOffset + at, hashLengths[name])
      at += hashLengths[name]
    }
    descriptors.push({ index, hashes })
  }
  return { _tag: "Fingerprints", descriptors }
}

const packJwkSet = ({ entries }: JwkSet): PackedJwkSet => {
  const copies = entries.map(copyEntry)
  const bytes = copies.reduce((sum, entry) => sum + entryBytes(entry), 64)
  return { _tag: "JwkSet", entries: copies, bytes }
}

const copyEntry = ({ chain, index, kid, notAfter, notBefore, sha256, spkiSha256 }: JwkEntry): JwkEntry => ({
  index,
  ...(kid === undefined ? {} : { kid: ownText(kid) }),
  chain: chain.map(ownOctets),
  notBefore,
  notAfter,
  sha256: ownOctets(sha256),
  spkiSha256: ownOctets(spkiSha256)
})

const entryBytes = ({ chain, kid = "", sha256, spkiSha256 }: JwkEntry): number =>
  [...chain, sha256, spkiSha256].reduce((sum, octets) => sum + 8 + octetsBytes(octets), 240 + textBytes(kid))
