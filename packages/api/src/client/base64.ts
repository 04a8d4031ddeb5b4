/**
 * Base64 and hex with what browsers have. Pure.
 */
import { Result } from "effect"

const step = 8_192 // arguments of one call

export const toBase64 = (octets: Uint8Array): string => {
  const parts: Array<string> = []
  for (let from = 0; from < octets.length; from += step) {
    parts.push(Reflect.apply(String.fromCharCode, undefined, octets.subarray(from, from + step))) // spreading is slow
  }
  return btoa(parts.join(""))
}

/** White space does not count; everything else has to be padded base64. */
export const fromBase64 = (text: string): Uint8Array<ArrayBuffer> | undefined => {
  const bare = text.replace(/\s+/g, "")
  if (bare === "" || bare.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(bare)) return undefined
  const binary = Result.getOrUndefined(Result.try(() => atob(bare)))
  if (binary === undefined) return undefined
  const octets = new Uint8Array(binary.length)
  for (let index = 0; index < binary.length; index += 1) octets[index] = binary.charCodeAt(index)
  return octets
}

/** Hex, with colons between the octets or without. */
export const fromHex = (text: string): Uint8Array<ArrayBuffer> | undefined => {
  if (!/^(?:[0-9A-Fa-f]{2})+$/.test(text) && !/^[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2})+$/.test(text)) return undefined
  return Uint8Array.from(text.match(/[0-9A-Fa-f]{2}/g) ?? [], (octet) => Number.parseInt(octet, 16))
}
