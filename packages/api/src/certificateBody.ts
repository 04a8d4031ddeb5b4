/**
 * The OpenAPI of `POST /v1/verify` with the certificate as body. The typed client sends JSON, so the endpoint declares that
 * alone.
 */
import { certificateMediaTypes } from "./queries.ts"

interface Parameter {
  readonly name: string
  readonly schema: object
}

interface Operation {
  readonly parameters?: ReadonlyArray<Parameter>
  readonly requestBody?: { readonly content: object }
}

/** The parts of the document that are read here. */
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

const path = "/v1/verify"

/** Adds the media types to the operation, and the parameters that it shares with the question by fingerprint. */
export const withCertificateBody = (document: object): Record<string, unknown> => {
  const { paths } = document as Document
  const { get = {}, post = {}, ...others } = paths[path] ?? {}
  const parameters = (get.parameters ?? [])
    .filter(({ name }) => !name.startsWith("sha-"))
    .map(optional)
  const content = {
    ...post.requestBody?.content,
    ...Object.fromEntries(certificateMediaTypes.map((mediaType) => [mediaType, { schema: { type: "string" } }]))
  }
  const verify = { ...post, parameters, requestBody: { ...post.requestBody, content } }
  return { ...document, paths: { ...paths, [path]: { post: verify, get, ...others } } }
}

const optional = (parameter: Parameter) => {
  const description = meanings.get(parameter.name)
  const schema = description === undefined ? parameter.schema : { ...parameter.schema, description }
  return { ...parameter, required: false, schema }
}

/** Of parameters that are rejected beside a fingerprint. */
const meanings: ReadonlyMap<string, string> = new Map([
  ["nameCheck", "Whether names in the certificate count."],
  ["chainCheck", "Whether the chain published with a JWK Set is validated."]
])
