/**
 * Remembers paths, so that asking about the same certificate and chain again costs no signature check.
 */
import { Result } from "effect"
import { LRUCache } from "lru-cache"
import { hash } from "node:crypto"
import { pathLimits } from "../../Limits.ts"
import type { Certificate } from "../../x509/Certificate.ts"
import { findPath, type FoundPath } from "../../x509/path/findPath.ts"
import type { PathFault } from "../../x509/path/PathFault.ts"
import type { PathQuestion } from "../../x509/path/PathQuestion.ts"

/** A question about a certificate whose SHA-256 is known or will be. */
export interface MemoQuestion extends Omit<PathQuestion, "leaf" | "pathLength"> {
  readonly leaf: Certificate
}

/**
 * Finds paths as {@link findPath} does, and remembers what came of it.
 *
 * **Details**
 *
 * A path is found again while all certificates in it are valid. That there is none holds until a certificate begins to be
 * valid that was not yet: that one of them expires adds no path. It does not hold before the instant at which it was found,
 * for a clock that was set back. Which of several faults is reported may be out of date, and with fewer certificates that are valid
 * a search that was given up might end: that no stays, too.
 */
export const makePathMemo = (): PathMemo => {
  const memo = new LRUCache<string, MemoEntry>({ max: pathLimits.results })
  const recallBy = (key: string, question: MemoQuestion) => {
    const known = memo.get(key)
    return known !== undefined && known.from <= question.now && question.now <= known.until
      ? fromEntry(known, question)
      : undefined
  }
  return {
    recall: (question) => recallBy(keyOf(question), question),
    find: (question) => {
      const key = keyOf(question)
      const known = recallBy(key, question)
      if (known !== undefined) return known
      const path = findPath({ ...question, leaf: question.leaf.der })
      memo.set(key, toEntry(path, question))
      return path
    }
  }
}

type PathResult = Result.Result<FoundPath, PathFault>

export interface PathMemo {
  readonly find: (question: MemoQuestion) => PathResult
  /** What is remembered; checks no signature. */
  readonly recall: (question: MemoQuestion) => PathResult | undefined
}

/** What is remembered: plain data. The octets of leaf and intermediates are those of whoever asks. */
interface MemoEntry {
  /** When the result holds, inclusive. */
  readonly from: number
  readonly until: number
  /** Positions in the chain, and an anchor. */
  readonly result: Result.Result<ReadonlyArray<number | Uint8Array>, MemoFault>
}

/** Its ends are positions in the chain. */
interface MemoFault extends Omit<PathFault, "ends"> {
  readonly ends: ReadonlyArray<number>
}

const toEntry = (path: Result.Result<FoundPath, PathFault>, { intermediates, leaf, now }: MemoQuestion): MemoEntry => {
  const chain = [leaf.der, ...intermediates]
  return Result.match(path, {
    onFailure: (fault) => ({
      from: now,
      until: fault.until - 1,
      result: Result.fail({ ...fault, ends: fault.ends.map((der) => chain.indexOf(der)) })
    }),
    onSuccess: ({ certificates, notAfter, notBefore }) => ({
      from: notBefore,
      until: notAfter,
      result: Result.succeed(certificates.map((der, index) => {
        const position = index === certificates.length - 1 ? -1 : chain.indexOf(der)
        return position < 0 ? der : position
      }))
    })
  })
}

const fromEntry = ({ from, result, until }: MemoEntry, { intermediates, leaf }: MemoQuestion): PathResult => {
  const derAt = (place: number) => place === 0 ? leaf.der : intermediates[place - 1] ?? leaf.der
  return Result.mapBoth(result, {
    onFailure: (fault): PathFault => ({ ...fault, ends: fault.ends.map(derAt) }),
    onSuccess: (places): FoundPath => ({
      certificates: places.map((place) => typeof place === "number" ? derAt(place) : place),
      notBefore: from,
      notAfter: until
    })
  })
}

// With lengths: the same octets, divided in another way, are another chain.
const keyOf = ({ allowSha1, anchors, intermediates, leaf, purpose }: MemoQuestion): string => {
  const chain = intermediates.length === 0 ? "" : hash("sha256", Buffer.concat(intermediates), "base64")
  const lengths = intermediates.map(({ length }) => length).join()
  return `${Buffer.from(leaf.sha256).toString("latin1")}${chain}${lengths}|${anchors.id}|${allowSha1}|${purpose}`
}
