/**
 * The evidence of an association as one text of JSON: lists in place of objects, because the names of their members would
 * take more than the values.
 */
import type { Association } from "../../association/Association.ts"
import type { DocumentKind, Hop } from "../../association/Hop.ts"
import { type Lint, type LintCode, lintSummaries, type Severity } from "../../Lint.ts"

/** `null` for an absent member. The end is relative to the start. */
type PackedHop = readonly [
  url: string,
  status: number | null,
  address: string | null,
  tlsLeafSha256: string | null,
  startedAt: number,
  durationMs: number,
  document: DocumentKind | null,
  documentSha256: string | null
]

/** `null` for the summary of the code. */
type PackedLint = readonly [code: LintCode, severity: Severity, message: string | null, path: string | null]

type PackedEvidence = readonly [hops: ReadonlyArray<PackedHop>, lints: ReadonlyArray<PackedLint>]

export const packEvidence = ({ hops, lints }: Pick<Association, "hops" | "lints">): string => {
  const evidence: PackedEvidence = [hops.map(packHop), lints.map(packLint)]
  return JSON.stringify(evidence)
}

export const unpackHops = (text: string): ReadonlyArray<Hop> => unpack(text)[0].map(unpackHop)

export const unpackLints = (text: string): ReadonlyArray<Lint> => unpack(text)[1].map(unpackLint)

const unpack = (text: string): PackedEvidence => JSON.parse(text)

const packHop = (hop: Hop): PackedHop => [
  hop.url,
  hop.status ?? null,
  hop.address ?? null,
  hop.tlsLeafSha256 ?? null,
  hop.startedAt,
  hop.endedAt - hop.startedAt,
  hop.document ?? null,
  hop.documentSha256 ?? null
]

const unpackHop = (
  [url, status, address, tlsLeafSha256, startedAt, durationMs, document, documentSha256]: PackedHop
): Hop => ({
  url,
  ...(status === null ? {} : { status }),
  ...(address === null ? {} : { address }),
  ...(tlsLeafSha256 === null ? {} : { tlsLeafSha256 }),
  startedAt,
  endedAt: startedAt + durationMs,
  ...(document === null ? {} : { document }),
  ...(documentSha256 === null ? {} : { documentSha256 })
})

const packLint = ({ code, message, path, severity }: Lint): PackedLint => [
  code,
  severity,
  message === lintSummaries[code] ? null : message,
  path ?? null
]

const unpackLint = ([code, severity, message, path]: PackedLint): Lint => ({
  code,
  severity,
  message: message ?? lintSummaries[code],
  ...(path === null ? {} : { path })
})
