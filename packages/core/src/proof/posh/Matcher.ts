/**
 * Matches a certificate against the material of a domain (requirements §3.2–3.4). Pure: time, hashes and mode are
 * arguments.
 */
import { timingSafeEqual } from "node:crypto"
import {
  type Descriptor,
  type Hashes,
  type HashName,
  hashNames,
  type JwkEntry,
  type Material
} from "../../association/Material.ts"
import { type Lint, lint } from "../../Lint.ts"
import { digest, type Presented } from "../../presented/Presented.ts"

export interface MatchOptions {
  /** Milliseconds since the epoch; expired entries are skipped (POSH-MAT-13). */
  readonly now: number
  /** Hashes that are accepted, strongest first (POSH-SEC-20). */
  readonly hashes: ReadonlyArray<HashName>
  /** What is compared in the draft generation: certificates, or also public keys (POSH-MAT-11). */
  readonly mode: "certificate" | "spki"
  /** Whether an entry passes the chain check; always true if none is required (POSH-MAT-22). */
  readonly admits: (entry: JwkEntry) => boolean
}

export interface MatchedCandidate {
  /** Position in the document. */
  readonly index: number
  /** What was equal: a hash, the whole certificate (draft), or the public key (opt-in, POSH-MAT-11). */
  readonly algorithm: HashName | "certificate" | "spki"
  readonly candidates: number
  /** Expiry of the published certificate, in the draft generation; milliseconds since the epoch (POSH-CAC-21). */
  readonly notAfter?: number
}

export type Match =
  | { readonly _tag: "Matched"; readonly candidate: MatchedCandidate; readonly lints: ReadonlyArray<Lint> }
  | {
    readonly _tag: "Unmatched"
    readonly code:
      | "CertificateMismatch"
      | "ChainInvalid"
      | "NoCommonHash"
      | "NoUsableFingerprints"
      | "AllMaterialExpired"
  }

/** Finds the first candidate in document order that matches (POSH-MAT-41); one match suffices (POSH-MAT-40). */
export const match = (material: Material, presented: Presented, options: MatchOptions): Match =>
  material._tag === "Fingerprints"
    ? matchDescriptors(material.descriptors, presented, options)
    : matchEntries(material.entries, presented, options)

const matchDescriptors = (
  descriptors: ReadonlyArray<Descriptor>,
  presented: Presented,
  options: MatchOptions
): Match => {
  let usable = false
  let comparable = false
  for (const { hashes, index } of descriptors) {
    let algorithm: HashName | undefined
    for (const name of options.hashes) {
      if (hashes[name] === undefined) continue
      usable = true
      if (presented.hashes[name] === undefined) continue
      algorithm = name // POSH-MAT-30: only the strongest hash that both sides have is compared, so a weaker one cannot decide
      break
    }
    if (algorithm === undefined) continue
    comparable = true
    if (!isSameHash(algorithm, hashes, presented.hashes)) continue
    const lints = isInconsistent(algorithm, hashes, presented.hashes)
      ? [lint("DescriptorInconsistent", "warning", `fingerprints[${index}]`)]
      : [] // POSH-MAT-31
    return matched({ index, algorithm, candidates: descriptors.length }, index === descriptors[0]?.index, lints)
  }
  if (!usable) return { _tag: "Unmatched", code: "NoUsableFingerprints" }
  return { _tag: "Unmatched", code: comparable ? "CertificateMismatch" : "NoCommonHash" }
}

const matchEntries = (
  entries: ReadonlyArray<JwkEntry>,
  presented: Presented,
  options: MatchOptions
): Match => {
  const current = entries.filter(({ notAfter }) => options.now <= notAfter)
  if (current.length === 0) return { _tag: "Unmatched", code: "AllMaterialExpired" }
  let nearMiss = false
  for (const entry of current) {
    const algorithm = compareEntry(entry, presented, options)
    if (algorithm === undefined) continue
    if (algorithm === "none") return { _tag: "Unmatched", code: "NoCommonHash" }
    // Only x5c[0] is compared, never its issuers (POSH-MAT-12); the chain check can only veto (POSH-MAT-22).
    if (options.admits(entry)) {
      const { index, notAfter } = entry
      return matched({ index, algorithm, candidates: current.length, notAfter }, entry === current[0], [])
    }
    nearMiss = true
  }
  return { _tag: "Unmatched", code: nearMiss ? "ChainInvalid" : "CertificateMismatch" }
}

/** How an entry equals the certificate; `none` if a question by fingerprint has no accepted hash. */
const compareEntry = (
  entry: JwkEntry,
  presented: Presented,
  { hashes, mode }: MatchOptions
): MatchedCandidate["algorithm"] | "none" | undefined => {
  const { certificate } = presented
  const leaf = entry.chain[0]
  if (leaf === undefined) return undefined
  if (certificate === undefined) {
    const algorithm = hashes.find((name) => presented.hashes[name] !== undefined)
    if (algorithm === undefined) return "none"
    return isSameHash(algorithm, { [algorithm]: digest(algorithm, leaf) }, presented.hashes) ? algorithm : undefined
  }
  if (equal(leaf, certificate.der)) return "certificate" // POSH-MAT-10
  return mode === "spki" && equal(entry.spkiSha256, digest("sha-256", certificate.publicKey.spki)) ? "spki" : undefined
}

const matched = (candidate: MatchedCandidate, primary: boolean, lints: ReadonlyArray<Lint>): Match => ({
  _tag: "Matched",
  candidate,
  lints: primary ? lints : [...lints, lint("MatchedNonPrimary", "info")] // POSH-MAT-42
})

/** True if another hash of the descriptor, stronger or weaker, is that of another certificate. */
const isInconsistent = (decisive: HashName, hashes: Hashes, presented: Hashes): boolean => {
  for (const name of hashNames) {
    if (name === decisive || hashes[name] === undefined || presented[name] === undefined) continue
    if (!isSameHash(name, hashes, presented)) return true
  }
  return false
}

const isSameHash = (name: HashName, left: Hashes, right: Hashes): boolean => {
  const a = left[name]
  const b = right[name]
  return a !== undefined && b !== undefined && equal(a, b)
}

// POSH-MAT-33: constant time.
const equal = (left: Uint8Array, right: Uint8Array): boolean =>
  left.length === right.length && timingSafeEqual(left, right)
