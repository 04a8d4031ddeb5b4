/** Runs a random graph, or a random change of a valid chain, and says what is wrong with the outcome. */
import { forge } from "@posh/testing"
import { Result } from "effect"
import { findPath, type FoundPath } from "../../../../src/x509/path/findPath.ts"
import type { PathFault } from "../../../../src/x509/path/PathFault.ts"
import { makeTrustAnchors } from "../../../../src/x509/path/TrustAnchors.ts"
import { type Chance, makeChance } from "./chance.ts"
import { certificateOf, drawGraph, type Graph, now } from "./graph.ts"
import { validPaths } from "./oracle.ts"

export interface Outcome {
  /** What is wrong; `undefined` if nothing is. */
  readonly defect: string | undefined
  readonly kind: "path" | PathFault["reason"]
  /** Of the search alone, in milliseconds of the processor. */
  readonly ms: number
}

const serverAuth = "1.3.6.1.5.5.7.3.1"

// The processor's time, and of two tries the better one: others use this machine, and what a search takes does not change.
const timed = (leaf: Uint8Array, intermediates: ReadonlyArray<Uint8Array>, anchors: ReadonlyArray<Uint8Array>) => {
  const search = () => {
    const question = { leaf, intermediates, anchors: makeTrustAnchors(anchors), now, purpose: serverAuth }
    const before = process.threadCpuUsage()
    const found = Result.try({ try: () => findPath(question), catch: String })
    const { system, user } = process.threadCpuUsage(before)
    return { found, ms: (system + user) / 1_000 }
  }
  const first = search()
  return first.ms < 25 ? first : search()
}

/** A graph has a path if and only if trying all of them finds one, and the path is one of these. */
export const searchGraph = (seed: number): Outcome => {
  const graph = drawGraph(makeChance(seed))
  const [leaf, intermediates, anchors] = [
    certificateOf(graph.leaf),
    graph.intermediates.map(certificateOf),
    graph.anchors.map(certificateOf)
  ]
  const { found, ms } = timed(leaf, intermediates, anchors)
  if (Result.isFailure(found)) return { defect: `graph ${seed} throws: ${found.failure}`, kind: "invalid", ms }
  const wrong = compare(graph, found.success)
  return { defect: wrong === undefined ? undefined : `graph ${seed}: ${wrong}`, kind: kindOf(found.success), ms }
}

const kindOf = (found: Result.Result<FoundPath, PathFault>): Outcome["kind"] =>
  Result.match(found, { onFailure: ({ reason }) => reason, onSuccess: () => "path" as const })

const compare = (graph: Graph, found: Result.Result<FoundPath, PathFault>): string | undefined => {
  const valid = validPaths(graph)
  if (Result.isFailure(found)) {
    return valid.length === 0 ? undefined : `there is a path, but: ${found.failure.reason}, ${found.failure.detail}`
  }
  const octets = found.success.certificates
  const isThat = (path: ReadonlyArray<Uint8Array>) =>
    path.length === octets.length && path.every((der, index) => Buffer.compare(der, octets[index]!) === 0)
  return valid.some((path) => isThat(path.map(certificateOf))) ? undefined : "the path is not valid"
}

const root = forge(undefined, { ca: true, subject: "Root" })
const upper = forge(root, { ca: true, subject: "Upper" })
const lower = forge(upper, { ca: true, subject: "Lower", pathLength: 0 })
const leaf = forge(lower)
const strangers = [
  forge(undefined, { ca: true, subject: "Lower" }),
  forge(undefined, { ca: true, subject: "Stranger" })
]
const others = [...strangers, forge(strangers[0]), forge(lower, { ca: true }), forge(lower, { dns: ["other.example"] })]

/** One certificate of a valid chain is changed, so there is no path any more; nothing throws. */
export const searchMutation = (seed: number): Outcome => {
  const chance = makeChance(seed)
  const chain = [leaf, lower, upper].map(({ der }) => der)
  const place = chance.number(3)
  const original = chain[place]!
  chain[place] = mutate(original, chance)
  const [first = original, ...rest] = chain
  const { found, ms } = timed(first, rest, [root.der])
  if (Result.isFailure(found)) return { defect: `mutation ${seed} throws: ${found.failure}`, kind: "invalid", ms }
  const isSame = Buffer.compare(chain[place], original) === 0
  const isYes = Result.isSuccess(found.success)
  return { defect: isYes && !isSame ? `mutation ${seed} has a path` : undefined, kind: kindOf(found.success), ms }
}

const mutate = (der: Uint8Array, chance: Chance): Uint8Array => {
  const at = chance.number(der.length)
  const other = chance.pick(others).der
  switch (chance.number(6)) {
    case 0: // one bit
      return der.map((octet, index) => index === at ? octet ^ (1 << chance.number(8)) : octet)
    case 1: { // some octets
      const places = new Set(Array.from({ length: 1 + chance.number(8) }, () => chance.number(der.length)))
      return der.map((octet, index) => places.has(index) ? chance.number(256) : octet)
    }
    case 2: // less or more
      return chance.once(2)
        ? der.slice(0, at)
        : new Uint8Array(Buffer.concat([der.subarray(0, at), Uint8Array.of(chance.number(256)), der.subarray(at)]))
    case 3: { // the signed part of another certificate
      const [mine, theirs] = [partsOf(der), partsOf(other)]
      return join(theirs.tbs, theirs.algorithm, mine.signature)
    }
    case 4: { // the signature of another certificate
      const [mine, theirs] = [partsOf(der), partsOf(other)]
      return join(mine.tbs, mine.algorithm, theirs.signature)
    }
    default: { // octets of another certificate
      const length = 1 + chance.number(64)
      const from = chance.number(other.length)
      return new Uint8Array(
        Buffer.concat([der.subarray(0, at), other.subarray(from, from + length), der.subarray(at + length)])
      )
    }
  }
}

/** A SEQUENCE with a length of two octets. */
const partsOf = (der: Uint8Array) => {
  const elementAt = (at: number) => {
    const first = der[at + 1]!
    const header = first < 0x80 ? 2 : 2 + (first & 0x7f)
    const length = first < 0x80
      ? first
      : Number.parseInt(Buffer.from(der.subarray(at + 2, at + header)).toString("hex"), 16)
    return der.subarray(at, at + header + length)
  }
  const tbs = elementAt(4)
  const algorithm = elementAt(4 + tbs.length)
  return { tbs, algorithm, signature: elementAt(4 + tbs.length + algorithm.length) }
}

const join = (...parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const content = Buffer.concat(parts)
  return new Uint8Array(Buffer.concat([Uint8Array.of(0x30, 0x82, content.length >> 8, content.length & 0xff), content]))
}
