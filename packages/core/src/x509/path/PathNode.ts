/**
 * A certificate as the search for a path sees it: who issued it, and which others it may have issued.
 */
import { Result } from "effect"
import { documentLimits } from "../../Limits.ts"
import { readName } from "../chain/distinguishedName.ts"
import { type PathCertificate, toPathCertificate } from "../chain/PathCertificate.ts"
import { isDer } from "../der.ts"
import type { ReadResult } from "../derReader.ts"
import { type Fields, readFields } from "../fields.ts"
import type { Validity } from "../time.ts"
import { checkConformance, type Role } from "./conformance.ts"
import { type KeyIds, readKeyIds } from "./keyIds.ts"

export interface PathNode extends Validity, KeyIdentity {
  readonly der: Uint8Array
  readonly isAnchor: boolean
  /** The certificate, or why it cannot serve in a path. ITS DATES AND ITS SIGNATURE ARE NOT CHECKED. */
  readonly usable: ReadResult<PathCertificate>
}

/** One that can. */
export interface UsableNode extends PathNode {
  readonly certificate: PathCertificate
}

/** Names and keys as texts that are equal if and only if what they stand for is. */
interface KeyIdentity {
  readonly subject: string
  readonly issuer: string
  readonly key: string
  readonly keyIds: KeyIds
}

/** Reads a certificate; fails if it cannot even be told whose it is, and by whom it is issued. */
export const readPathNode = (der: Uint8Array, role: Role): ReadResult<PathNode> =>
  Result.gen(function*() {
    if (der.length > documentLimits.certificateOctets) return yield* Result.fail("the certificate is too long")
    if (!isDer(der)) return yield* Result.fail("the certificate is malformed")
    const fields = yield* readFields(der)
    return {
      ...yield* readIdentity(fields),
      der,
      isAnchor: role === "anchor",
      notBefore: fields.notBefore,
      notAfter: fields.notAfter,
      usable: Result.flatMap(toPathCertificate(fields), (certificate) => checkConformance(certificate, role))
    }
  })

const readIdentity = (fields: Fields): ReadResult<KeyIdentity> =>
  Result.gen(function*() {
    return {
      subject: yield* readNameText(fields.subjectName),
      issuer: yield* readNameText(fields.issuerName),
      key: Buffer.from(fields.spki).toString("latin1"),
      keyIds: Result.getOrElse(readKeyIds(fields), () => noKeyIds)
    }
  })

const noKeyIds: KeyIds = { own: undefined, issuer: undefined }

/** A name as text; names are equal if their texts are. */
export const readNameText = (name: Uint8Array): ReadResult<string> =>
  Result.map(readName(name), ({ rdns }) => rdns.join())
