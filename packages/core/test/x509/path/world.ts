/** A small world of CAs, and what is asked about it. */
import { forge, type Forged, type ForgeOptions } from "@posh/testing"
import { findPath } from "../../../src/x509/path/findPath.ts"
import type { PathFault } from "../../../src/x509/path/PathFault.ts"
import type { PathQuestion } from "../../../src/x509/path/PathQuestion.ts"
import { makeTrustAnchors } from "../../../src/x509/path/TrustAnchors.ts"

export const now = Date.UTC(2026, 5)
export const expired: ForgeOptions = { notAfter: "2026-02-01T00:00:00Z" }
export const early: ForgeOptions = { notBefore: "2026-07-01T00:00:00Z" }

export const ca = (subject: string, issuer?: Forged, options: ForgeOptions = {}) =>
  forge(issuer, { ca: true, subject, ...options })

export interface World extends Partial<Omit<PathQuestion, "leaf" | "intermediates" | "anchors">> {
  readonly leaf: Forged
  readonly intermediates: ReadonlyArray<Forged>
  readonly anchors: ReadonlyArray<Forged>
}

export const find = ({ anchors, intermediates, leaf, ...options }: World) =>
  findPath({
    now,
    ...options,
    leaf: leaf.der,
    intermediates: intermediates.map(({ der }) => der),
    anchors: makeTrustAnchors(anchors.map(({ der }) => der))
  })

export const under = (root: ForgeOptions, issuer: ForgeOptions, leaf: ForgeOptions = {}): World => {
  const anchor = ca("Root", undefined, root)
  const middle = ca("Issuer", anchor, issuer)
  return { leaf: forge(middle, leaf), intermediates: [middle], anchors: [anchor] }
}

export interface FaultRow {
  readonly name: string
  readonly make: () => World
  readonly reason: PathFault["reason"]
  readonly detail: RegExp
  readonly index?: number
}
