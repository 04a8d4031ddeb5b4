/**
 * Trust anchors, by name (RFC 5280 §6.1.1 (d)).
 */
import { Result } from "effect"
import { createHash } from "node:crypto"
import { locateSubject } from "../fields.ts"
import { type PathNode, readNameText, readPathNode } from "./PathNode.ts"

/** A set of trust anchors. Reads each one when a certificate names it, and keeps it. */
export interface TrustAnchors {
  /** SHA-256 of the anchors in base64: sets with one id are the same set. */
  readonly id: string
  /** The anchors with this subject (`readNameText`). */
  readonly named: (subject: string) => ReadonlyArray<PathNode>
}

/**
 * Makes a set of anchors from DER certificates, which must not change; from a function, they are read when somebody asks.
 *
 * **Details**
 *
 * Costs nothing until somebody asks; then some milliseconds for the names of 150 roots, once. An anchor need not be self-signed.
 *
 * **Gotchas**
 *
 * An anchor that cannot serve is not reported here; {@link anchorFault} says why.
 */
export const makeTrustAnchors = (ders: ReadonlyArray<Uint8Array> | (() => ReadonlyArray<Uint8Array>)): TrustAnchors =>
  new LazyAnchors(typeof ders === "function" ? ders : () => ders)

/** Why a certificate cannot serve as an anchor, for a person; `undefined` if it can. ITS DATES ARE NOT CHECKED. */
export const anchorFault = (der: Uint8Array): string | undefined =>
  Result.getOrUndefined(Result.flip(Result.flatMap(readPathNode(der, "anchor"), ({ usable }) => usable)))

class LazyAnchors implements TrustAnchors {
  readonly #give: () => ReadonlyArray<Uint8Array>
  readonly #nodes = new Map<string, ReadonlyArray<PathNode>>()
  #bySubject: ReadonlyMap<string, ReadonlyArray<Uint8Array>> | undefined
  #id: string | undefined
  #given: ReadonlyArray<Uint8Array> | undefined

  constructor(give: () => ReadonlyArray<Uint8Array>) {
    this.#give = give
  }

  get #ders(): ReadonlyArray<Uint8Array> {
    return this.#given ??= this.#give()
  }

  get id(): string {
    return this.#id ??= idOf(this.#ders)
  }

  named(subject: string): ReadonlyArray<PathNode> {
    this.#bySubject ??= indexBySubject(this.#ders)
    const ders = this.#bySubject.get(subject)
    if (ders === undefined) return []
    const nodes = this.#nodes.get(subject) ?? ders.flatMap((der) => {
      const node = readPathNode(der, "anchor")
      return Result.isSuccess(node) ? [node.success] : []
    })
    this.#nodes.set(subject, nodes)
    return nodes
  }
}

// With lengths, because the octets alone could be divided in other ways.
const idOf = (ders: ReadonlyArray<Uint8Array>): string => {
  const hash = createHash("sha256")
  for (const der of ders) hash.update(`${der.length}:`).update(der)
  return hash.digest("base64")
}

const indexBySubject = (ders: ReadonlyArray<Uint8Array>): ReadonlyMap<string, ReadonlyArray<Uint8Array>> => {
  const index = new Map<string, Array<Uint8Array>>()
  for (const der of ders) {
    const subject = Result.flatMap(locateSubject(der), readNameText)
    if (Result.isFailure(subject)) continue
    const others = index.get(subject.success)
    if (others === undefined) index.set(subject.success, [der])
    else others.push(der)
  }
  return index
}
