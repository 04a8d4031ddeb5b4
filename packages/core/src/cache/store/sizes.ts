/**
 * Bytes that values take in 64-bit V8, estimated conservatively: up to half of them may be slack.
 */
import { mostInlineOctets } from "../../encoding/own.ts"

/** Of object headers, and of each part. `place` is the slot in the table of the cache. */
export const sizes = { place: 192, object: 24, member: 16, array: 64, element: 8, number: 16 } as const

/** Of a text that shares no memory. */
export const textBytes = (text: string): number => 24 + (latin1.test(text) ? 1 : 2) * text.length

const latin1 = /^[\u0000-\u00ff]*$/

/** Of an array with the object that holds it; a short one lies in the heap, all others beside it. */
export const octetsBytes = ({ length }: Uint8Array): number => length + (length > mostInlineOctets ? 384 : 144)
