/**
 * Remembers what PKIX says of a leaf itself: reading its extensions and comparing its names cost more than the rest of a warm
 * answer. That depends on no clock.
 */
import { LRUCache } from "lru-cache"
import { pathLimits } from "../../Limits.ts"
import type { LeafQuestion, PkixLeafFault } from "./leafFault.ts"

type FindLeafFault = (question: LeafQuestion) => PkixLeafFault | undefined

export const makeLeafMemo = (find: FindLeafFault): FindLeafFault => {
  // Whoever asks decides how long a key is.
  const memo = new LRUCache<string, PkixLeafFault | "none">({
    max: pathLimits.results,
    maxSize: pathLimits.leavesOctets,
    sizeCalculation: (_, key) => entryOctets + key.length
  })
  return (question) => {
    const key = keyOf(question)
    const known = memo.get(key)
    if (known !== undefined) return known === "none" ? undefined : known
    const fault = find(question)
    memo.set(key, fault ?? "none")
    return fault
  }
}

/** Of an entry without its key, with room to spare. */
const entryOctets = 256

const keyOf = ({ derived = [], leaf, policy, service, source }: LeafQuestion): string =>
  `${
    Buffer.from(leaf.sha256).toString("latin1")
  }${policy.caLeaf}${policy.anyPurpose}|${service.key}|${source}|${derived.join()}`
