/**
 * For who publishes documents, or helps others to: written, read, and what is wrong with them.
 */

// Written
export { type GeneratedDocument, generateDocument, type GenerateRequest } from "./generate.ts"
export { type Leaves, readLeaves } from "./leaves.ts"

// What is wrong with one, or could be better
export { type Finding, lintDocument, lintReport, type LintRequest } from "./lint.ts"
export { lintGenerations } from "./lint/generations.ts"

// Read, as a verifier does
export { type Document, DocumentError, type DocumentOptions, parseDocument } from "../proof/posh/Document.ts"
export type { PublishedFingerprints } from "../proof/posh/document/Fingerprints.ts"
export type { PublishedJwkSet } from "../proof/posh/document/JwkSet.ts"
export type { Reference } from "../proof/posh/document/Reference.ts"
