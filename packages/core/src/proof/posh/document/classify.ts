/**
 * Decides which kind of document it is, and whether that kind is allowed at its place (requirements §1.5).
 */
import { Result } from "effect"
import type { DocumentKind } from "../../../association/Hop.ts"
import type { JsonObject } from "../../../encoding/json.ts"
import type { Generation } from "../../../question/Generation.ts"
import { type Fault, fault } from "./fault.ts"

/** Where a document was found, which decides the kinds that are allowed. */
export interface Place {
  /** The generation at whose path the document was found (POSH-FMT-71). */
  readonly generation: Generation
  /** Read the interim formats at the draft path too (POSH-NEG-08). */
  readonly acceptInterim: boolean
  /** Reached through a reference: then only fingerprints are allowed (POSH-FMT-63). */
  readonly referenced: boolean
}

/** Determines the kind (POSH-FMT-70), then whether it is allowed here (POSH-FMT-63, POSH-FMT-71). */
export const classify = (object: JsonObject, place: Place): Result.Result<DocumentKind, Fault> => {
  const names = [...kinds.keys()].filter((name) => object.has(name))
  const [name, ...more] = names
  const kind = name === undefined ? undefined : kinds.get(name)
  if (kind === undefined) return fault("UnknownDocumentShape")
  if (more.length > 0) return fault("AmbiguousDocument", `it has ${names.join(" and ")}`)

  if (place.referenced && kind === "reference") return fault("NestedReference")
  const misplaced = misplacement(kind, place)
  return misplaced === undefined ? Result.succeed(kind) : fault("GenerationMismatch", misplaced)
}

const kinds: ReadonlyMap<string, DocumentKind> = new Map([
  ["keys", "jwk-set"],
  ["fingerprints", "fingerprints"],
  ["url", "reference"]
])

const misplacement = (
  kind: DocumentKind,
  { acceptInterim, generation, referenced }: Place
): string | undefined => {
  if (kind === "jwk-set") {
    if (referenced) return "a reference leads to a JWK Set, and only fingerprints may stand there"
    return generation === "draft" ? undefined : "a JWK Set is published at the path of the draft generation, not here"
  }
  if (generation === "rfc7711" || acceptInterim) return undefined
  // POSH-NEG-08: revisions between the two generations published both kinds at this path (Appendix B).
  const revisions = kind === "fingerprints"
    ? "draft-ietf-xmpp-posh-01 to -04"
    : "draft-miller-posh-01 to draft-ietf-xmpp-posh-04"
  return `here this document is an interim format, of ${revisions}; RFC 7711 publishes it at another path`
}
