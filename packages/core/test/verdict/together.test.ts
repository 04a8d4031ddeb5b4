/** One verdict of several witnesses: who decides, and for how long it holds. The table of requirements §6.3 is tested end to end. */
import { assert, describe, it } from "@effect/vitest"
import { Presented } from "../../src/presented/Presented.ts"
import type { Domain } from "../../src/question/Domain.ts"
import type { Prooftype } from "../../src/question/Prooftype.ts"
import type { ServiceKey } from "../../src/question/Service.ts"
import { decideTogether, type Witness } from "../../src/verdict/together.ts"
import { makeNegative, makeVerdict } from "../../src/verdict/Verdict.ts"

const now = 1_000
const subject = {
  domain: "a.example" as Domain,
  service: "xmpp-server" as ServiceKey,
  presented: new Presented({}),
  decidedAt: now
}
const evidence = () => ({ attempts: [], lints: [] })

const yes = (prooftype: Prooftype, validUntil: number): Witness =>
  makeVerdict({
    ...subject,
    verdict: "verified",
    valid: true,
    code: "Verified",
    message: "",
    prooftype,
    retryable: false,
    validUntil,
    refreshAfter: validUntil
  }, evidence)
const no = (
  prooftype: Prooftype,
  code: "CertificateMismatch" | "NotPublished" | "TlsaMismatch" | "PkixPathInvalid",
  retryAfterMs?: number
): Witness =>
  makeNegative(subject, code, evidence, { prooftype, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) })
const silent = (prooftype: Prooftype, until?: number): Witness => ({
  prooftype,
  silent: "NotApplicable",
  ...(until === undefined ? {} : { until })
})

interface Row {
  readonly name: string
  readonly witnesses: ReadonlyArray<Witness>
  readonly authoritative?: true
  /** code, proof type, and until when */
  readonly outcome: readonly [string, Prooftype, number | undefined]
}

const rows: ReadonlyArray<Row> = [
  { name: "one alone", witnesses: [yes("posh", 5_000)], outcome: ["Verified", "posh", 5_000] },
  {
    name: "PRF-44: of two that verify, POSH before PKIX, for as long as POSH",
    witnesses: [yes("pkix", 9_000), yes("posh", 5_000)],
    outcome: ["Verified", "posh", 5_000]
  },
  {
    name: "PRF-44: DANE before both",
    witnesses: [yes("pkix", 9_000), yes("dane", 5_000), yes("posh", 7_000)],
    outcome: ["Verified", "dane", 5_000]
  },
  {
    name: "PRF-25: DANE that fails",
    witnesses: [yes("pkix", 9_000), no("dane", "TlsaMismatch"), yes("posh", 7_000)],
    outcome: ["TlsaMismatch", "dane", undefined]
  },
  {
    name: "DANE that does not apply, for as long as it does not",
    witnesses: [yes("pkix", 9_000), silent("dane", 4_000)],
    outcome: ["Verified", "pkix", 4_000]
  },
  {
    name: "DANE that did not apply for a moment: the answer stands, and holds no longer",
    witnesses: [yes("pkix", 9_000), silent("dane", 500)],
    outcome: ["Verified", "pkix", now]
  },
  {
    name: "a mismatch of POSH beside PKIX",
    witnesses: [yes("pkix", 9_000), no("posh", "CertificateMismatch")],
    outcome: ["Verified", "pkix", 9_000]
  },
  {
    name: "PRF-41: the same where POSH is authoritative",
    witnesses: [yes("pkix", 9_000), no("posh", "CertificateMismatch")],
    authoritative: true,
    outcome: ["CertificateMismatch", "posh", undefined]
  },
  {
    name: "nothing published where POSH is authoritative, until it is asked again",
    witnesses: [yes("pkix", 9_000), no("posh", "NotPublished", 3_000)],
    authoritative: true,
    outcome: ["Verified", "pkix", 4_000]
  },
  {
    name: "PRF-42: nobody verifies: POSH says why",
    witnesses: [no("pkix", "PkixPathInvalid"), silent("dane"), no("posh", "NotPublished")],
    outcome: ["NotPublished", "posh", undefined]
  },
  {
    name: "nobody says anything",
    witnesses: [silent("dane")],
    outcome: ["NotPublished", "dane", undefined]
  }
]

describe("decideTogether", () => {
  it.each(rows)("$name", ({ authoritative = false, outcome, witnesses }) => {
    const { code, prooftype, proofs, valid, validUntil } = decideTogether(
      witnesses,
      { poshAuthoritative: authoritative },
      () => makeNegative(subject, "NotPublished", evidence, { prooftype: "dane" })
    )
    assert.deepStrictEqual([code, prooftype, validUntil], outcome)
    assert.strictEqual(valid, code === "Verified")
    const asked = witnesses.map((witness) => witness.prooftype)
    assert.deepStrictEqual(proofs?.map((proof) => proof.prooftype), asked.length > 1 ? asked : undefined)
  })
})
