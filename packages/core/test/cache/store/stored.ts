/** Associations and negative entries of the greenhouse, and forgeries of their text. */
import { greenhouse } from "@posh/testing"
import { Result } from "effect"
import { hash } from "node:crypto"
import type { Association } from "../../../src/association/Association.ts"
import { ResolveError } from "../../../src/association/ResolveError.ts"
import type { NegativeEntry } from "../../../src/cache/store/AssociationStore.ts"
import { unwrap } from "../../../src/cache/store/codec/envelope.ts"
import { parseDocument } from "../../../src/proof/posh/Document.ts"
import type { Domain } from "../../../src/question/Domain.ts"
import type { ServiceKey } from "../../../src/question/Service.ts"
import { makeKey } from "../../../src/question/StoreKey.ts"
import { draft, rfc } from "../../proof/posh/documents.ts"
import { associationOf } from "./storeSuite.ts"

export const domain = greenhouse.domain as Domain
export const service = "xmpp-server" as ServiceKey
export const keys = { rfc7711: makeKey(domain, service, "rfc7711"), draft: makeKey(domain, service, "draft") }
export const now = greenhouse.at.getTime()
export const day = 86_400_000

const materialOf = (body: object, options: typeof rfc) => {
  const document = Result.getOrThrow(parseDocument(new TextEncoder().encode(JSON.stringify(body)), options))
  if (document._tag === "Reference") throw new Error("there is no material in a reference")
  return document.material
}

export const fingerprints: Association = {
  ...associationOf(keys.rfc7711, now, day),
  material: materialOf(greenhouse.fingerprints, rfc),
  delegation: "redirect+reference",
  delegatedDomain: greenhouse.provider as Domain
}
export const jwkSet: Association = {
  ...associationOf(keys.draft, now, day),
  material: materialOf(greenhouse.jwkSet, draft),
  lifetime: {
    fetchedAt: now,
    revalidateAt: now + day,
    graceUntil: now + 7 * day,
    expiresAt: Date.parse("2036-06-05T00:00:00Z")
  }
}
export const interim: Association = { ...fingerprints, generation: "draft" }
const [entry] = jwkSet.material._tag === "JwkSet" ? jwkSet.material.entries : []
export const unreadableIssuer: Association = {
  ...jwkSet,
  material: { _tag: "JwkSet", entries: [{ ...entry!, kid: "\\u{202e}", chain: [...entry!.chain, new Uint8Array()] }] }
}
export const negative: NegativeEntry = {
  error: new ResolveError({
    code: "ConnectTimeout",
    detail: "no answer",
    hopIndex: 0,
    url: `https://${domain}/`,
    retryAfterMs: 60_000,
    hops: [{ url: `https://${domain}/`, startedAt: now, endedAt: now + 3_000 }],
    lints: [{ code: "RelativeLocation", severity: "info", message: "relative", path: "hops[0]" }]
  }),
  learnedAt: now,
  until: now + 30_000,
  failures: 3,
  nothingPublished: true
}

export type Json = Readonly<Record<string, unknown>>

/** The members of stored bodies that tests change. */
export interface Body extends Json {
  readonly material: { readonly descriptors: ReadonlyArray<Json>; readonly entries: ReadonlyArray<Json> }
  readonly lifetime: Json
  readonly hops: ReadonlyArray<Json>
  readonly lints: ReadonlyArray<Json>
  readonly error: Json
}
export type Change = (body: Body) => object

/** JSON text in a valid frame. */
export const framed = (json: string): string =>
  `{"v":1,"sha256":"${hash("sha256", json.slice(1), "base64")}",${json.slice(1)}`

/** The text with a changed body and a valid digest, as an attacker who can write to the store may forge it. */
export const forged = (text: string, change: Change): string =>
  framed(JSON.stringify(change(JSON.parse(unwrap(text) ?? ""))))
