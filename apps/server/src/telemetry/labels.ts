/**
 * The closed sets that labels of metrics take their values from. Never domains, callers or URLs: these have no end.
 */
import { problemCodes, readyStates, verdictKinds } from "@posh/api"
import { failures, type Generation, type VerdictCode } from "@posh/core"
import { fetchCodes, type FetchPhase } from "@posh/core/serving"
import type { SharedFaultReason } from "../redis/FaultLog.ts"
import { otherRoute, routes as table } from "../routes.ts"

export { problemCodes, readyStates, verdictKinds }

const isVerdict = (code: string): code is VerdictCode => failures[code as keyof typeof failures].verdict !== "refused"

/** The certificate itself can be refused whichever is asked. */
const prooftypesOf = (code: VerdictCode): ReadonlyArray<string> => {
  if (code === "PkixPathInvalid" || code === "PkixNameMismatch" || code === "PathIncomplete") return ["pkix"]
  if (code === "TlsaMismatch" || code === "DnssecBogus") return ["dane"]
  if (code === "NoCommonHash") return ["posh", "dane"]
  // "Nothing published" also where none of several has anything to say.
  return code === "NotPublished" || code.startsWith("PresentedCertificate") ? ["posh", "pkix", "dane"] : ["posh"]
}

export const verdictCodes: ReadonlyArray<VerdictCode> = Object.keys(failures).filter(isVerdict)

/** Every verdict with every code that it can have, by the proof type that decides. */
export const verdictSeries = [
  ...["posh", "pkix", "dane"].map((prooftype) => ({ verdict: "verified", code: "Verified", whose: "none", prooftype })),
  ...verdictCodes.flatMap((code) =>
    prooftypesOf(code).map((prooftype) => {
      const { verdict, whose } = failures[code]
      return { verdict, code, whose, prooftype }
    })
  )
]

export const generations: ReadonlyArray<Generation> = ["rfc7711", "draft"]

/** What a resolution can end in: whatever does not need the certificate in question. */
export const resolutionCodes = [
  "Resolved",
  ...verdictCodes.filter((code) => failures[code].stage !== "match")
]

export const outboundCodes = ["Answered", ...fetchCodes, "Cancelled"]

/** The same of plain HTTP. */
export const issuerCodes = outboundCodes.filter((code) => !code.startsWith("Tls") && code !== "PinMismatch")

const phases: Readonly<Record<FetchPhase, true>> = { dns: true, connect: true, tls: true, exchange: true }
export const fetchPhases = Object.keys(phases)

const reasons: Readonly<Record<SharedFaultReason, true>> = {
  timeout: true,
  connection: true,
  refused: true,
  open: true,
  unsealable: true,
  undecodable: true,
  oversized: true
}
export const sharedFaultReasons = Object.keys(reasons) as ReadonlyArray<SharedFaultReason>

/** Of requests; one that has no route has a name as well. */
export const routes: ReadonlyArray<string> = [...table.map(({ name }) => name), otherRoute]

/** `aborted`: the caller went away before the answer was complete. */
export const statusClasses = ["2xx", "3xx", "4xx", "5xx", "aborted"] as const

/** Why the TLS handshake of a caller failed. */
export const handshakeEnds = ["http", "certificate", "protocol", "disconnected", "other"] as const
export type HandshakeEnd = typeof handshakeEnds[number]

/** Why a worker ended that was replaced. */
export const workerEnds = ["exit", "signal", "unresponsive"] as const
export type WorkerEnd = typeof workerEnds[number]
