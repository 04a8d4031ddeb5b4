/**
 * The questions of bodies that callers repeat octet by octet: such a body is not parsed or prepared again.
 *
 * **Details**
 *
 * A table with one place for each mark of a body. A body takes a free place when it comes for the second time in a row there, and
 * a taken one in one of 16 such cases: so a fleet with more questions than places leaves the table nearly as it is, which costs the
 * garbage collector less than an order of use (`docs/decisions/fast-lane.md`). Bounds: places times the longest body.
 */
import type { ParsedQuestion } from "../service/answerQuestion.ts"

export interface RepeatedQuestions {
  /** A mark of the body, from its length and both ends: equal bodies have equal marks. */
  readonly markOf: (body: Uint8Array) => number
  readonly find: (mark: number, body: Buffer) => ParsedQuestion | undefined
  /** The body was not found, and has this question. */
  readonly note: (mark: number, body: Buffer, question: ParsedQuestion) => void
}

/** 4,096 places of at most 4 KiB, and a prepared question with its certificate each: some 22 MiB; more where names were read. */
const places = 4_096
const longest = 4_096
const turns = 16

export const makeRepeatedQuestions = (): RepeatedQuestions => {
  const latest = new Int32Array(places)
  const kept: Array<{ readonly body: Buffer; readonly question: ParsedQuestion } | undefined> = Array.from(
    { length: places },
    () => undefined
  )
  let turn = 0
  return {
    markOf,
    find: (mark, body) => {
      const found = kept[mark & (places - 1)]
      return found !== undefined && found.body.equals(body) ? found.question : undefined
    },
    note: (mark, body, question) => {
      const place = mark & (places - 1)
      if (latest[place] !== mark) {
        latest[place] = mark
        return
      }
      if (body.length > longest) return
      if (kept[place] !== undefined && (turn = (turn + 1) % turns) !== 0) return
      // Octets of its own: a body is a view of a slab that many share.
      const own = Buffer.allocUnsafeSlow(body.length)
      body.copy(own)
      kept[place] = { body: own, question }
    }
  }
}

const end = 80

// FNV-1a. Bodies with equal ends are compared in full, and share a place.
const markOf = (body: Uint8Array): number => {
  const { length } = body
  let mark = Math.imul(length, 0x9e3779b1)
  for (let index = 0; index < end && index < length; index += 1) mark = Math.imul(mark ^ (body[index] ?? 0), 0x01000193)
  for (let index = Math.max(end, length - end); index < length; index += 1) {
    mark = Math.imul(mark ^ (body[index] ?? 0), 0x01000193)
  }
  return mark ^ (mark >>> 15)
}
