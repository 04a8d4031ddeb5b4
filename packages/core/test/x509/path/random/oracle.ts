/** Which paths of a graph are valid, by trying all, and without reading a certificate. */
import type { Edge, Flaw, Graph } from "./graph.ts"

/** Leaf first, anchor last. */
export type EdgePath = ReadonlyArray<Edge>

/** All valid paths in which no CA occurs twice. */
export const validPaths = ({ anchors, intermediates, leaf }: Graph): ReadonlyArray<EdgePath> => {
  const extend = (path: EdgePath): ReadonlyArray<EdgePath> => {
    const { issuer } = path.at(-1)!
    if (path.some(({ subject }) => subject === issuer)) return []
    const ends = anchors.filter(({ subject }) => subject === issuer).map((anchor) => path.concat(anchor))
    const others = intermediates.filter(({ subject }) => subject === issuer)
    return [...ends, ...others.flatMap((edge) => extend(path.concat(edge)))]
  }
  return extend([leaf]).filter(isValid)
}

const spoiled: ReadonlySet<Flaw> = new Set<Flaw>([
  "expired",
  "not yet valid",
  "no CA",
  "no keyCertSign",
  "other purpose",
  "unknown critical",
  "excludes the leaf",
  "permits another"
])

const pathLengths: { readonly [F in Flaw]?: number } = { "pathLength 0": 0, "pathLength 1": 1 }

/** Whether each certificate of a path may stand where it does. */
export const isValid = (path: EdgePath): boolean =>
  path.every((edge, place) => {
    const isAnchor = place === path.length - 1
    if (place > 0 && spoiled.has(edge.flaw)) return false
    // The signature of an anchor is not checked.
    if (edge.flaw === "forged" && !isAnchor) return false
    const below = path.slice(1, place).filter(({ issuer, subject }) => !isSelfIssued(subject, issuer))
    if (below.length > (pathLengths[edge.flaw] ?? Infinity)) return false
    return edge.flaw !== "excludes CA 0" || below.every(({ subject }) => subject !== 0)
  })

/** CAs 4 and 5 have one name. */
const isSelfIssued = (subject: number, issuer: number): boolean =>
  subject === issuer || (Math.min(subject, issuer) === 4 && Math.max(subject, issuer) === 5)
