/**
 * Every bound on untrusted input, with its source. Deployments may lower them; nothing raises them (POSH-FMT-08,
 * POSH-RES-67, POSH-RES-91).
 */

/** Octets, counts and depths of documents and certificates (POSH-FMT-08). */
export const documentLimits = {
  fingerprintsOctets: 64 * 1024,
  jwkSetOctets: 256 * 1024,
  nesting: 16,
  descriptors: 64,
  keys: 32,
  x5c: 10,
  certificateOctets: 32 * 1024,
  lints: 100 // findings kept of one document, the severe first; ours
} as const

/** Budgets of one attempt, in milliseconds and counts (POSH-RES-67, POSH-RES-91). */
export interface AttemptLimits {
  readonly connectMs: number
  readonly firstByteMs: number
  readonly requestMs: number
  readonly attemptMs: number
  readonly requests: number
  readonly redirects: number
  readonly headerOctets: number
  readonly redirectBodyOctets: number
  readonly urlOctets: number
}

export const attemptLimits: AttemptLimits = {
  connectMs: 3_000,
  firstByteMs: 5_000,
  requestMs: 8_000,
  attemptMs: 12_000,
  requests: 12,
  redirects: 10,
  headerOctets: 16 * 1024,
  redirectBodyOctets: 16 * 1024, // POSH-RES-71
  urlOctets: 2_048 // POSH-RES-65
}

/** Limits of a question (POSH-REQ-01, POSH-RES-01). */
export const questionLimits = {
  domainOctets: 1_023,
  chain: 10
} as const

/** Budget of the chain check (POSH-SEC-13), for all chains that one question looks at. */
export const chainLimits = {
  /** Names × constraints; Go's `crypto/x509` stops at 250,000. */
  constraintComparisons: 65_536,
  /** Five chains of the greatest length; Go's `crypto/x509` and rustls' webpki stop at 100, in threads of their own. */
  signatures: 50,
  /** Of an RSA key, as in rustls' webpki; with larger ones, one signature costs milliseconds. */
  rsaModulusBits: 8_192,
  rsaExponentBits: 33
} as const

/** What is spent on strangers' servers (POSH-SEC-12); all hosts of one registrable domain count as one. */
export interface BudgetLimits {
  readonly perSourceConcurrent: number
  readonly perSourcePerMinute: number
  readonly perHostConcurrent: number
  readonly perHostPerMinute: number
  /** Names of one registrable domain that are looked up: what has no address is charged to no web server. */
  readonly perHostLookUpsConcurrent: number
  readonly perHostLookUpsPerMinute: number
  readonly inFlight: number
}

export const budgetLimits: BudgetLimits = {
  perSourceConcurrent: 2,
  perSourcePerMinute: 30,
  perHostConcurrent: 16,
  perHostPerMinute: 600,
  // Ours: a question to a name server is a packet or two, and more than one caller's allowance must not use it up.
  perHostLookUpsConcurrent: 64,
  perHostLookUpsPerMinute: 6_000,
  inFlight: 256
}

/** Domains of which a process knows that they published (POSH-SEC-12), beside those whose material is remembered; ours. */
export const publisherLimits = {
  sites: 4_096,
  /** Names are free, so that a site could push out everybody else's with its own. */
  perSite: 16
} as const

/** Longest text from outside that is repeated in a message (POSH-SEC-14). */
export const quotedCharacters = 256
