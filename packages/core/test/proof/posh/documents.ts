/** Parses documents, and summarises the results. */
import { greenhouse } from "@posh/testing"
import { Result } from "effect"
import {
  type Document,
  type DocumentError,
  type DocumentOptions,
  parseDocument
} from "../../../src/proof/posh/Document.ts"

export const rfc: DocumentOptions = {
  generation: "rfc7711",
  acceptInterim: false,
  referenced: false,
  now: greenhouse.at.getTime()
}
export const draft: DocumentOptions = { ...rfc, generation: "draft" }
export const interim: DocumentOptions = { ...draft, acceptInterim: true }
export const referenced: DocumentOptions = { ...rfc, referenced: true }

export type Body = string | Uint8Array | object

export const parse = (body: Body, options: DocumentOptions): Result.Result<Document, DocumentError> => {
  const octets = body instanceof Uint8Array
    ? body
    : new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body))
  return parseDocument(octets, options)
}

/** The kind of a document, or the code of its fault. */
export const judge = (body: Body, options: DocumentOptions): string =>
  Result.match(parse(body, options), { onFailure: ({ code }) => code, onSuccess: ({ _tag }) => _tag })

export const lintsOf = (body: Body, options: DocumentOptions): ReadonlyArray<string> =>
  Result.merge(parse(body, options)).lints.map(({ code, path }) => path === undefined ? code : `${code} ${path}`)

export const some = { "sha-256": "T25TU1vp84IGBoGEM125KtN7WtPkYbmUn+6rjF2X818=" }
export const published = { fingerprints: [some], expires: 60 }
export const reference = { url: "https://h.example/p.json", expires: 60 }
