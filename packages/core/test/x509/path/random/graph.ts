/** Small graphs of CAs that certify each other, well or badly. */
import { forge, type Forged, forgedExtension, forgeKeys, type ForgeOptions, generalName } from "@posh/testing"
import type { Chance } from "./chance.ts"

/** What is wrong with a certificate, or special. */
export type Flaw =
  | "none"
  | "expired"
  | "not yet valid"
  | "no CA"
  | "no keyCertSign"
  | "other purpose"
  | "unknown critical"
  | "forged"
  | "pathLength 0"
  | "pathLength 1"
  | "excludes the leaf"
  | "excludes CA 0"
  | "permits another"

const flaws: ReadonlyArray<Flaw> = [
  "expired",
  "not yet valid",
  "no CA",
  "no keyCertSign",
  "other purpose",
  "unknown critical",
  "forged",
  "pathLength 0",
  "pathLength 1",
  "excludes the leaf",
  "excludes CA 0",
  "permits another"
]

/** A certificate of one CA by another, or by itself. CAs are numbers; the leaf is -1. */
export interface Edge {
  readonly subject: number
  readonly issuer: number
  readonly flaw: Flaw
}

export interface Graph {
  readonly leaf: Edge
  readonly intermediates: ReadonlyArray<Edge>
  readonly anchors: ReadonlyArray<Edge>
}

export const maxCas = 6

export const drawGraph = (chance: Chance): Graph => {
  const cas = 2 + chance.number(maxCas - 1)
  const flawOnce = 2 + chance.number(6)
  const draw = (subject: number, issuer: number): Edge => ({
    subject,
    issuer,
    flaw: chance.once(flawOnce) ? chance.pick(flaws) : "none"
  })
  const anchors = Array.from({ length: 1 + chance.number(2) }, () => chance.number(cas)).map((ca) => draw(ca, ca))
  return {
    leaf: { subject: -1, issuer: chance.number(cas), flaw: chance.once(20) ? "forged" : "none" },
    intermediates: Array.from(
      { length: chance.number(2 * cas + 1) },
      () => draw(chance.number(cas), chance.number(cas))
    ),
    anchors
  }
}

/** The last CA has the name of the one before, and another key. */
const nameOf = (ca: number): string => `CA ${ca === maxCas - 1 ? maxCas - 2 : ca}`

export const now = Date.UTC(2026, 5)

const keys = Array.from({ length: maxCas + 1 }, () => forgeKeys())
const stranger = keys[maxCas]!
const leafKeys = forgeKeys()

/** What signs: the name and the key of a CA. */
const signerOf = (ca: number, forged: boolean): Forged => {
  const { keyId, subject } = forge(undefined, { ca: true, subject: nameOf(ca), keys: keys[ca]! })
  return { der: new Uint8Array(), keyId, subject, keys: forged ? stranger : keys[ca]! }
}

const changes: { readonly [F in Flaw]: ForgeOptions } = {
  "none": {},
  "expired": { notAfter: "2026-02-01T00:00:00Z" },
  "not yet valid": { notBefore: "2026-10-01T00:00:00Z" },
  "no CA": { instead: { basicConstraints: null } },
  "no keyCertSign": { keyUsage: [6] },
  "other purpose": { extendedKeyUsage: ["1.3.6.1.5.5.7.3.2"] },
  "unknown critical": { more: [forgedExtension("1.3.6.1.4.1.55555.7.11", Uint8Array.of(5, 0), true)] },
  "forged": {},
  "pathLength 0": { pathLength: 0 },
  "pathLength 1": { pathLength: 1 },
  "excludes the leaf": { excluded: [generalName.dns("example.com")] },
  "excludes CA 0": { excluded: [generalName.dns("ca0.example")] },
  "permits another": { permitted: [generalName.dns("other.example"), generalName.dns("ca0.example")] }
}

const issued = new Map<string, Uint8Array>()

/** The certificate of an edge: always the same octets for the same edge. */
export const certificateOf = (edge: Edge): Uint8Array => {
  const key = JSON.stringify(edge)
  const der = issued.get(key) ?? issueEdge(edge)
  issued.set(key, der)
  return der
}

const issueEdge = ({ flaw, issuer, subject }: Edge): Uint8Array => {
  const signer = signerOf(issuer, flaw === "forged")
  if (subject < 0) return forge(signer, { keys: leafKeys }).der
  // Only CA 0 has a name to which constraints apply.
  const names: ForgeOptions = subject === 0 ? { dns: ["ca0.example"] } : {}
  return forge(signer, { ca: true, subject: nameOf(subject), keys: keys[subject]!, ...names, ...changes[flaw] }).der
}
