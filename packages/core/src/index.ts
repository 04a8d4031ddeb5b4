/**
 * POSH (RFC 7711, and the JWK Set draft before it): does a domain vouch for this certificate?
 *
 * Every public name is listed here, or in the entry of its use: `cache`, `publish`, `question`, `serving`, `node`.
 */

// Asking
export type { AssociationOptions } from "./AssociationReporter.ts"
export { type Domain, parseDomain } from "./question/Domain.ts"
export type { Inquiry } from "./question/Inquiry.ts"
export { inEvaluationOrder, type Prooftype } from "./question/Prooftype.ts"
export type { ChainCheckMode, NameCheckMode, Question } from "./question/Question.ts"
export { QuestionError } from "./question/QuestionError.ts"
export type { ServiceKey } from "./question/Service.ts"
export { Verifier } from "./Verifier.ts"

// The answer, with its evidence
export type { CacheStatus } from "./cache/Resolution.ts"
export type { NameMatches } from "./presented/NameCheck.ts"
export type { IssuerFetch } from "./proof/pkix/PkixCheck.ts"
export type { MatchedCandidate } from "./proof/posh/Matcher.ts"
export type { SubResult } from "./proof/SubResult.ts"
export type { AssociationReport } from "./verdict/AssociationReport.ts"
export type { EndpointReport, TlsaReport, TlsaState } from "./verdict/TlsaReport.ts"
export type { AttemptReport, DaneEvidence, Evidence, PkixEvidence, Verdict } from "./verdict/Verdict.ts"
export { anchorFault, makeTrustAnchors, type TrustAnchors } from "./x509/path/TrustAnchors.ts"

// Codes and findings: closed sets, each with one sentence
export { type FailureCode, failures, type QuestionCode, type VerdictCode, type VerdictKind } from "./codes.ts"
export { type Lint, type LintCode, lintSummaries, type Severity } from "./Lint.ts"

// What a domain asserts, and how it was found
export type { Association, Delegation } from "./association/Association.ts"
export type { Hop } from "./association/Hop.ts"
export type { Lifetime } from "./association/Lifetime.ts"
export {
  type Descriptor,
  type Fingerprints,
  type Hashes,
  type HashName,
  hashNames,
  type JwkEntry,
  type JwkSet,
  type Material
} from "./association/Material.ts"
export { ResolveError } from "./association/ResolveError.ts"

// What the deployment decides
export { PolicyError } from "./checkPolicy.ts"
export type { BudgetLimits } from "./Limits.ts"
export { defaultPolicy, type Policy } from "./Policy.ts"
export type { Generation, Generations } from "./question/Generation.ts"

// Certificates
export { Presented } from "./presented/Presented.ts"
export { type Certificate, CertificateError, parseCertificate } from "./x509/Certificate.ts"

// How documents are fetched; `@posh/core/node` has an implementation
export { CertificateFetcher } from "./fetch/certificates/CertificateFetcher.ts"
export { Fetcher, FetchError, type FetchRequest, type FetchResponse } from "./fetch/Fetcher.ts"
export type { AnswerFacts, DnsFacts } from "./proof/dane/DnsFacts.ts"
export { SecureResolver } from "./proof/dane/SecureResolver.ts"
export type { RecordCheck, RecordFault, TlsaRecord } from "./proof/dane/Tlsa.ts"
