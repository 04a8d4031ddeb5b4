import type { OpenApiDocument } from "../OpenApiDocument.ts"
export const withExamples = (document: OpenApiDocument): OpenApiDocument => document
