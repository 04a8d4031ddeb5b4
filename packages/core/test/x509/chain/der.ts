/** Writes the DER that tests of the chain check need. */
export const tlv = (tag: number, ...parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const content = Buffer.concat(parts)
  const length = content.length < 0x80
    ? [content.length]
    : content.length < 0x100
    ? [0x81, content.length]
    : content.length < 0x10000
    ? [0x82, content.length >> 8, content.length & 0xff]
    : [0x83, content.length >> 16, (content.length >> 8) & 0xff, content.length & 0xff]
  return Buffer.concat([Uint8Array.of(tag, ...length), content])
}

export const text = (tag: number, value: string): Uint8Array => tlv(tag, Buffer.from(value))

export const sequence = (...parts: ReadonlyArray<Uint8Array>): Uint8Array => tlv(0x30, ...parts)

export const oid = (dotted: string): Uint8Array => {
  const [first = 0, second = 0, ...more] = dotted.split(".").map(Number)
  const arcs = [first * 40 + second, ...more].map((arc) => {
    const groups = [arc & 0x7f]
    for (let rest = arc >>> 7; rest > 0; rest >>>= 7) groups.unshift((rest & 0x7f) | 0x80)
    return groups
  })
  return tlv(0x06, Uint8Array.from(arcs.flat()))
}

export type Attribute = readonly [type: string, tag: number, value: string]

/** A `Name`, one attribute in each RDN. */
export const name = (...attributes: ReadonlyArray<Attribute>): Uint8Array =>
  sequence(...attributes.map(([type, tag, value]) => tlv(0x31, sequence(oid(type), text(tag, value)))))
