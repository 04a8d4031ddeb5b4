/**
 * The proof type PKIX: does a public CA vouch for this certificate of a service of this domain (requirements §6.1)?
 */
import { Result } from "effect"
import type { FoundPath } from "../../x509/path/findPath.ts"
import type { PathFault } from "../../x509/path/PathFault.ts"
import type { TrustAnchors } from "../../x509/path/TrustAnchors.ts"
import { findLeafFault, type LeafQuestion, serverAuth } from "./leafFault.ts"
import { makeLeafMemo } from "./LeafMemo.ts"
import { makePathMemo, type MemoQuestion } from "./PathMemo.ts"

export interface PkixQuestion extends LeafQuestion {
  /** DER, in any order. */
  readonly intermediates: ReadonlyArray<Uint8Array>
  readonly anchors: TrustAnchors
  /** Milliseconds since the epoch. */
  readonly now: number
}

export type PkixResult =
  /** `until`: the end of the first certificate of the path that ends, in milliseconds since the epoch. */
  | {
    readonly _tag: "Verified"
    readonly path: FoundPath
    readonly until: number
    readonly fetches?: ReadonlyArray<IssuerFetch>
  }
  | {
    readonly _tag: "Failed"
    /** `PathIncomplete`: with certificates that were not presented, there could be a path. */
    readonly code: "PkixPathInvalid" | "PkixNameMismatch" | "PathIncomplete"
    /** For a person; bounded. */
    readonly detail: string
    /** If `PathIncomplete`: DER of the certificates whose issuer is missing; else none. */
    readonly ends: ReadonlyArray<Uint8Array>
    readonly fetches?: ReadonlyArray<IssuerFetch>
  }

/** What came of a URL at which a certificate says that its issuer's is (caIssuers, RFC 5280 §4.2.2.1). */
export interface IssuerFetch {
  /** Bounded and escaped (POSH-SEC-14). */
  readonly url: string
  /** `refused`: such a URL is not asked. `pending`: there was no answer in time, or a budget did not allow to ask. */
  readonly outcome: "fetched" | "refused" | "failed" | "pending"
  /** Why there is no certificate, for a person; bounded. */
  readonly detail?: string
}

export interface PkixCheck {
  /** Takes signature checks for a chain that is not remembered. */
  readonly check: (question: PkixQuestion) => PkixResult
  /** `undefined` for a chain that is not remembered. */
  readonly recall: (question: PkixQuestion) => PkixResult | undefined
}

/**
 * Makes a check with memos of paths and of leaves.
 *
 * **Gotchas**
 *
 * REVOCATION IS NOT CHECKED (POSH-PRF-08).
 */
export const makePkixCheck = (): PkixCheck => {
  const { find, recall } = makePathMemo()
  const leafFaultOf = makeLeafMemo(findLeafFault)
  const decideOn = (path: Result.Result<FoundPath, PathFault>, question: PkixQuestion): PkixResult => {
    if (Result.isFailure(path)) return fail(codeOf(path.failure), path.failure.detail, path.failure.ends)
    const fault = leafFaultOf(question)
    if (fault !== undefined) return fail(fault.code, fault.detail)
    return { _tag: "Verified", path: path.success, until: path.success.notAfter }
  }
  return {
    check: (question) => decideOn(find(toMemoQuestion(question)), question),
    recall: (question) => {
      const path = recall(toMemoQuestion(question))
      return path === undefined ? undefined : decideOn(path, question)
    }
  }
}

const toMemoQuestion = ({ anchors, intermediates, leaf, now, policy: { allowSha1 } }: PkixQuestion): MemoQuestion => ({
  leaf,
  intermediates,
  anchors,
  now,
  allowSha1,
  purpose: serverAuth
})

const fail = (
  code: Extract<PkixResult, { _tag: "Failed" }>["code"],
  detail: string,
  ends: ReadonlyArray<Uint8Array> = []
): PkixResult => ({ _tag: "Failed", code, detail, ends })

const codeOf = ({ reason }: PathFault) => reason === "incomplete" ? "PathIncomplete" : "PkixPathInvalid"
