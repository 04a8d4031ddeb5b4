/** Certificates that are refused at once: who is asked about them all the same (POSH-MAT-64, POSH-PRF-24). */
import { describe, it } from "@effect/vitest"
import { seedExample1, seedLeaf } from "@posh/testing"
import { assertRow, type Row } from "./askingTogether.ts"

const rows: ReadonlyArray<Row> = [
  {
    name: "MAT-64: an expired certificate: DNS alone, for a record of usage 3",
    presented: "expired",
    dns: "the certificate",
    dnsMs: 1_000,
    originMs: 3_000,
    outcome: "Verified dane",
    posh: "PresentedCertificateExpired",
    ms: 1_000,
    asked: [1, 0, 0]
  },
  {
    name: "MAT-04: an expired certificate outside the profile: nobody",
    presented: "expiredAndWeak",
    policy: { leafProfile: "enforce" },
    dns: "the certificate",
    dnsMs: 1_000,
    outcome: "PresentedCertificateExpired dane",
    posh: "PresentedCertificateExpired",
    ms: 0,
    asked: [0, 0, 0]
  },
  {
    name: "SEC-06: a certificate whose key is public: nobody",
    more: { certificate: Buffer.from(seedLeaf(seedExample1)).toString("base64") },
    dns: "the certificate",
    dnsMs: 1_000,
    outcome: "PresentedCertificatePolicyViolation dane",
    posh: "PresentedCertificatePolicyViolation",
    ms: 0,
    asked: [0, 0, 0]
  },
  {
    name: "SEC-06: nor by a refresh",
    more: { certificate: Buffer.from(seedLeaf(seedExample1)).toString("base64"), refresh: true },
    dnsMs: 1_000,
    outcome: "PresentedCertificatePolicyViolation dane",
    posh: "PresentedCertificatePolicyViolation",
    ms: 0,
    asked: [0, 0, 0]
  }
]

describe("a certificate that is refused at once", () => {
  it.effect.each(rows)("$name: $outcome", assertRow)
})
