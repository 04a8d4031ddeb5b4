/**
 * Names of HTTP's authentication schemes in lower case. They are case-insensitive (RFC 9110 §11.1); the specification of OpenAPI
 * writes `bearer`, and generators that compare octets make clients of anything else that send no key.
 */
import { Predicate } from "effect"
import { mapValues, type OpenApiDocument } from "./OpenApiDocument.ts"

export const withLowerCaseSchemes = (document: OpenApiDocument): OpenApiDocument => ({
  ...document,
  components: {
    ...document.components,
    securitySchemes: mapValues(
      document.components["securitySchemes"] ?? {},
      (scheme) =>
        Predicate.hasProperty(scheme, "scheme") ? { ...scheme, scheme: String(scheme.scheme).toLowerCase() } : scheme
    )
  }
})
