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
  issuersOctets: 32 * 1024, // kept of one chain above its leaf; ours: three of RSA with 4,096 bits take 6 KiB, of ML-DSA-87 23 KiB
  lints: 100 // findings kept of one document, the severe first; ours
} as const

/** What of a certificate is looked at, beside its octets; what lies beyond counts as absent, and never as a yes. */
export const certificateLimits = {
  /** Names in subjectAltName. Public CAs issue 100 (AWS ACM) to some hundred of them. */
  names: 1_024,
  /** Octets of XmppAddr with U-labels that are mapped by UTS-46, which takes a millisecond for each KiB. */
  mappedOctets: 8 * 1_024,
  /** Extensions; with more, none is read. Real certificates have about ten; ours. */
  extensions: 128,
  /** Malformed parts that are named; ours. */
  faults: 8
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

/**
 * Budget of the chain check (POSH-SEC-13), for all chains that one question looks at. Where they are all of the worst kind,
 * it holds the event loop for some 40 ms.
 */
export const chainLimits = {
  /** Names × constraints; Go's `crypto/x509` stops at 250,000. */
  constraintComparisons: 65_536,
  /** Names and name constraints; a certificate of a public CA has some hundred at the most. */
  names: 4_096,
  /**
   * Of keys up to P-384 and RSA of 4,096 bits, each up to 0.8 ms; larger ones count as two or three. Ten chains of four
   * certificates. Go's `crypto/x509` and rustls' webpki stop at 100, in threads of their own.
   */
  signatures: 32,
  /** A distinguished name's octets; real ones have under 500 (RFC 5280 A.1: 64 characters for most attributes). */
  distinguishedNameOctets: 2 * 1_024,
  /** Values in an extension about policies; real ones have under 50. */
  policyElements: 512,
  /** Of an RSA key, as in rustls' webpki; with larger ones, one signature costs milliseconds. */
  rsaModulusBits: 8_192,
  rsaExponentBits: 33,
  /** Chains whose examination a process keeps, of some hundred octets each; ours. */
  examinations: 4_096
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

/** Of entries that another process wrote to a store. */
export const cacheLimits = {
  clockSkewMs: 300_000 // by which clocks of replicas may differ: as much as POSH-MAT-02 allows
} as const

/** Domains of which a process knows that they published (POSH-SEC-12), beside those whose material is remembered; ours. */
export const publisherLimits = {
  sites: 4_096,
  /** Names are free, so that a site could push out everybody else's with its own. */
  perSite: 16
} as const

/** Longest text from outside that is repeated in a message (POSH-SEC-14); ours. */
export const quotedCharacters = 256

/** Longest message of ours that can hold such texts, such as the first three findings about a document; ours. */
export const messageCharacters = 1_024
