/** What all domains of the draft generation publish: one certificate, which takes a key to make. */
import { jwkSetDocument, selfSigned } from "@posh/testing"
import { Effect } from "effect"
import { hash } from "node:crypto"

export interface DraftDomain {
  readonly document: unknown
  /** The SHA-256 of its certificate in base64. */
  readonly certificate: string
}

export const makeDraftDomain: Effect.Effect<DraftDomain> = Effect.map(
  selfSigned({ notBefore: new Date("2026-01-01T00:00:00Z"), notAfter: new Date("2036-01-01T00:00:00Z") }),
  (certificate) => ({
    document: jwkSetDocument([certificate]),
    certificate: hash("sha256", certificate.der, "base64")
  })
)
