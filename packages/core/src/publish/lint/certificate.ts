/**
 * Is the certificate that a server presents among what is published, and if not, which mistake is known?
 */
import { Result } from "effect"
import { hashNames, type Material } from "../../association/Material.ts"
import { decodeBase64Url, decodeUnpaddedBase64, fromHex } from "../../encoding/base64.ts"
import { type Json, JsonObject, parseJson } from "../../encoding/json.ts"
import { quote } from "../../encoding/quote.ts"
import { documentLimits } from "../../Limits.ts"
import type { Lint } from "../../Lint.ts"
import { toPresented } from "../../presented/Presented.ts"
import { match } from "../../proof/posh/Matcher.ts"
import { lintMistake, makeExplainHash } from "../../proof/posh/mistakenHash.ts"
import type { Certificate } from "../../x509/Certificate.ts"

/** Why the certificate does not match, by what verifiers do by default; `undefined` where it does. */
export const mismatchOf = (material: Material, certificate: Certificate, now: number) => {
  const found = match(material, toPresented(certificate), {
    now,
    hashes: hashNames,
    mode: "certificate",
    admits: () => true
  })
  return found._tag === "Matched" ? undefined : found.code
}

/** Mistakes in the values of a document, whatever their names and encodings: also in those that no verifier reads. */
export const lintDocumentHashes = (document: Uint8Array, certificate: Certificate): ReadonlyArray<Lint> => {
  const explain = makeExplainHash(certificate)
  return descriptorsOf(document).flatMap((descriptor, index) =>
    [...descriptor.keys()].flatMap((name) => {
      const value = descriptor.get(name)
      const mistake = typeof value === "string" ? readings(value).map(explain).find((known) => known) : undefined
      return lintMistake(mistake, `fingerprints[${index}].${quote(name, 64)}`)
    })
  )
}

const descriptorsOf = (document: Uint8Array): ReadonlyArray<JsonObject> => {
  const json = document.length > documentLimits.fingerprintsOctets
    ? undefined
    : Result.getOrUndefined(parseJson(document))
  const elements: Json | undefined = json?.value instanceof JsonObject ? json.value.get("fingerprints") : undefined
  return Array.isArray(elements) ? elements.filter((element) => element instanceof JsonObject) : []
}

/** What a value may be meant to be: 64 digits of hex are base64 too. */
const readings = (value: string): ReadonlyArray<Uint8Array> =>
  value.length > longest
    ? []
    : [decodeUnpaddedBase64(value)?.octets, decodeBase64Url(value), fromHex(value.replaceAll(":", ""))].filter((
      octets
    ) => octets !== undefined)

/** 64 octets in hex with colons. */
const longest = 191
