/** One case of path validation, and the usual ways to build one. */
import { forge, type Forged, forgedExtension, type ForgeOptions } from "@posh/testing"

export interface Case {
  readonly leaf: Forged
  readonly intermediates?: ReadonlyArray<Forged>
  readonly anchors: ReadonlyArray<Forged>
  /** The name that is asked for; default `example.com`. Without effect where the names are not checked. */
  readonly peer?: string
  /** Default {@link today}. */
  readonly now?: string
  /** CAs that may be between leaf and anchor. */
  readonly pathLength?: number
}

/** By id. Each is built when its test runs. */
export type Cases = Readonly<Record<string, () => Case>>

export const today = "2026-06-01T00:00:00Z"

export const root = (options: ForgeOptions = {}): Forged => forge(undefined, { ca: true, subject: "Root", ...options })

export const middle = (issuer: Forged, options: ForgeOptions = {}): Forged =>
  forge(issuer, { ca: true, subject: "Intermediate", ...options })

/** A root and a leaf. */
export const two = (change: { readonly root?: ForgeOptions; readonly leaf?: ForgeOptions } = {}): Case => {
  const anchor = root(change.root)
  return { leaf: forge(anchor, change.leaf), anchors: [anchor] }
}

/** A root, an intermediate and a leaf. */
export const three = (
  change: { readonly root?: ForgeOptions; readonly middle?: ForgeOptions; readonly leaf?: ForgeOptions } = {}
): Case => {
  const anchor = root(change.root)
  const issuer = middle(anchor, change.middle)
  return { leaf: forge(issuer, change.leaf), intermediates: [issuer], anchors: [anchor] }
}

/** A root, intermediates below each other, and a leaf. */
export const long = (change: { readonly root?: ForgeOptions; readonly middles: ReadonlyArray<ForgeOptions> }): Case => {
  const anchor = root(change.root)
  const intermediates: Array<Forged> = []
  for (const [index, options] of change.middles.entries()) {
    intermediates.unshift(middle(intermediates[0] ?? anchor, { subject: `Intermediate ${index}`, ...options }))
  }
  return { leaf: forge(intermediates[0] ?? anchor), intermediates, anchors: [anchor] }
}

/** An extension that nobody knows. */
export const unknown = forgedExtension("1.3.6.1.4.1.55555.7.11", Uint8Array.of(0x05, 0), true)
