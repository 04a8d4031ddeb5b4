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
  /** Kept of one chain above its leaf; ours: three certificates with RSA-4096 take 6 KiB, with ML-DSA-87 23 KiB. */
  issuersOctets: 32 * 1024,
  /** Findings kept of one document, the severe first; ours. */
  lints: 100
} as const

/** How much of a certificate is read, besides its octets. What exceeds a limit counts as absent, so it can only lead to a no. */
export const certificateLimits = {
  /** Names in subjectAltName. Public CAs issue 100 (AWS ACM) to a few hundred; ours. */
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
 * Budget of the chain check (POSH-SEC-13), for all chains of one question. In the worst case it blocks the event loop for
 * about 40 ms.
 */
export const chainLimits = {
  /** Names × constraints; Go's `crypto/x509` stops at 250,000. */
  constraintComparisons: 65_536,
  /** Names and name constraints; a certificate of a public CA has a few hundred at most. */
  names: 4_096,
  /**
   * Signature checks of up to 0.8 ms each (P-384, RSA-4096); one with a larger key counts as two or three. Enough for
   * ten chains of four certificates. Go's `crypto/x509` and rustls' webpki stop at 100, but not on an event loop.
   */
  signatures: 32,
  /** Octets of a distinguished name; real ones have under 500 (RFC 5280 A.1: 64 characters for most attributes). */
  distinguishedNameOctets: 2 * 1_024,
  /** Values in a policy extension; real ones have under 50. */
  policyElements: 512,
  /** Of an RSA key, as in rustls' webpki; with a larger key one signature check takes milliseconds. */
  rsaModulusBits: 8_192,
  rsaExponentBits: 33,
  /** Results of chain checks that a process caches, a few hundred bytes each; ours. */
  examinations: 4_096
} as const

/**
 * Budget of the search for a path to a trust anchor (POSH-PRF-01, POSH-SEC-13). What is not here is as in {@link chainLimits},
 * for all paths of one search together. In the worst case it blocks the event loop for about 40 ms.
 */
export const pathLimits = {
  /** Certificates above the leaf, the anchor among them. Public chains have two or three; Go's `crypto/x509` has no limit. */
  issuers: 10,
  /** Untrusted certificates beside the leaf; a question has nine at most. */
  intermediates: 32,
  /** Octets of all of them; with a certificate of 32 KiB of names, reading takes a millisecond. */
  intermediatesOctets: 128 * 1_024,
  /** As in {@link chainLimits}, of which a path takes three at most, as a rule; enough for several ways of ten certificates. */
  signatures: 20,
  /** Issuers that are tried, counted again on each way to them. rustls' webpki stops at 200,000. */
  steps: 4_096,
  /** Results that a process caches, of about a KiB each (measured); ours. */
  results: 16_384,
  /** Octets that a process caches of what was said of leaves themselves; ours. */
  leavesOctets: 16 * 1_024 * 1_024
} as const

/**
 * Bounds on fetching certificates of issuers (caIssuers, RFC 5280 §4.2.2.1): a stranger chooses the URLs, and what they give;
 * ours. Presented and fetched certificates together stay within {@link pathLimits}.
 */
export const issuerLimits = {
  /** Certificates that are fetched one above the other. Servers that leave some out leave out one, seldom two. */
  rounds: 4,
  /** URLs that are asked for one question. */
  urls: 6,
  /** URLs that are looked at for one question, those that are refused among them. */
  candidates: 12,
  /** URLs that are read of one certificate; real ones have one or two. */
  urlsOfCertificate: 4,
  /** AccessDescriptions of one certificate; with more, none is read. */
  descriptions: 32,
  /** Octets of one response; a certificate has one to two KiB, with ML-DSA-87 eight. */
  octets: 64 * 1024,
  /** Certificates of one response; with more, none is read. */
  certificates: 16,
  /** Fetched certificates of one question, and their octets. */
  fetched: 16,
  fetchedOctets: 64 * 1024,
  /** Milliseconds for one question, and no more than half of what its deadline leaves: the domain is asked after that. */
  completionMs: 4_000,
  /** Milliseconds of one request, its wait for a turn included. */
  requestMs: 3_000,
  /** Milliseconds for which an answer is remembered that no path has confirmed: a wrong one, or none. */
  unconfirmedMs: 300_000,
  /** The same of certificates that have led to a trusted root. They end before if the first of them does. */
  confirmedMs: 86_400_000,
  /** URLs that a process remembers; those of all public authorities are some hundreds. */
  entries: 4_096,
  /** Octets of all that is remembered. */
  memoryOctets: 16 * 1024 * 1024
} as const

/** Bounds on what secure DNS answers (POSH-PRF-20…27), and on asking it; ours. */
export const daneLimits = {
  /** SRV targets that are looked up, the preferred first; real services have under five. */
  targets: 8,
  /** Searches for a path from the presented certificate to an anchor of TLSA records; `chainLimits` bounds each. */
  paths: 8,
  /** Aliases (CNAME, DNAME) that one answer may lead through; resolvers stop at about as many. */
  aliases: 11,
  /** Octets of one answer: some whole certificates with signatures. dns-packet follows pointers, so time grows with its square. */
  answerOctets: 16 * 1024,
  /** Milliseconds of one try, connecting included. A resolver with a cold cache takes seconds. */
  tryMs: 4_000,
  /** Tries of one query. */
  tries: 2,
  /** Queries that are under way at the same time. */
  inFlight: 256,
  /** Milliseconds of all queries about a service. */
  lookupMs: 10_000,
  /** Services that are remembered, of about a kilobyte each. */
  services: 100_000,
  /** Octets of all that is remembered: an answer of a hostile zone takes a hundred times as much as an honest one. */
  octets: 128 * 1024 * 1024,
  /** Seconds for which an answer that cannot be trusted is remembered. */
  untrustedSeconds: 5,
  /** Records of one endpoint that a report lists, those that count first; a roll-over has two to four. */
  reportedRecords: 32,
  /** Octets of their data; a certificate with an ML-DSA key has about 6 KiB. */
  reportedOctets: 8 * 1024,
  /** Seconds for which an answer is believed at most, whatever its TTL (RFC 8767 §4 suggests a week or less). */
  ttl: 7 * 86_400
} as const

/** Budgets of requests to origins (POSH-SEC-12); all hosts of one registrable domain share one budget. */
export interface BudgetLimits {
  readonly perSourceConcurrent: number
  readonly perSourcePerMinute: number
  readonly perHostConcurrent: number
  readonly perHostPerMinute: number
  /** DNS look-ups of names below one registrable domain: a name without an address costs no web server a request. */
  readonly perHostLookUpsConcurrent: number
  readonly perHostLookUpsPerMinute: number
  readonly inFlight: number
}

export const budgetLimits: BudgetLimits = {
  perSourceConcurrent: 2,
  perSourcePerMinute: 30,
  perHostConcurrent: 16,
  perHostPerMinute: 600,
  // Ours: a look-up costs a name server a packet or two, and one caller's budget must not exhaust this one.
  perHostLookUpsConcurrent: 64,
  perHostLookUpsPerMinute: 6_000,
  inFlight: 256
}

/** Limits of entries that another process wrote to a store. */
export const cacheLimits = {
  /** By which the clocks of replicas may differ: the maximum of POSH-MAT-02. */
  clockSkewMs: 300_000
} as const

/** Domains that a process remembers as publishers (POSH-SEC-12), besides those whose material is cached; ours. */
export const publisherLimits = {
  sites: 4_096,
  /** A site can create any number of names, and could otherwise evict those of all other sites. */
  perSite: 16
} as const

/** Maximum length of untrusted text quoted in a message (POSH-SEC-14); ours. */
export const quotedCharacters = 256

/** Maximum length of a message that quotes untrusted text, such as the first three findings of a document; ours. */
export const messageCharacters = 1_024
