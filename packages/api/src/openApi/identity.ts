/**
 * Where the document applies, under which licence, and whom to ask.
 */
import type { OpenApiDocument } from "./OpenApiDocument.ts"

/** Adds them. The document is the same for every deployment: its address is that of whoever serves it. */
export const withIdentity = (document: OpenApiDocument): OpenApiDocument => ({
  ...document,
  info: {
    ...document.info,
    contact: { name: "The operator of the service" },
    license: { name: "Apache-2.0", identifier: "Apache-2.0" }
  },
  servers: [{ url: "/", description: "The service that serves this document." }]
})
