/**
 * Every bound on callers that is no setting, with its reason. Octets, milliseconds and counts.
 */
const mebibyte = 1024 * 1024

export const callerBounds = {
  /** Bodies up to this are not counted: as many as there may be connections are as much as all others together. */
  smallBody: 16 * 1024,
  /** Larger bodies at once: a body takes several times its length while it is read and answered. */
  bodies: 256 * mebibyte,
  /** What one caller may have of them: two of the largest batches with their answers, or thirty as they usually are. */
  bodiesOfOne: 65 * mebibyte,
  /** A larger body must arrive at this rate, or its place is wanted for others. Octets a second. */
  bodyProgress: 16 * 1024,
  /** Requests of one connection that wait for their answer; clients that pipeline at all use about ten. */
  pipelined: 32,
  /** Octets of their answers that the caller has not taken: who asks on does not read. */
  pipelinedOctets: 512 * 1024,
  /** Characters up to which a certificate is read on the spot; two milliseconds, where it is made of names alone. */
  lightCertificate: 4 * 1024,
  /** How often metrics are rendered, for whomever: more than all scrapers need, and a fiftieth of the time. */
  metrics: { perSecond: 5, burst: 10 },
  /** Lines of a header; browsers send about twenty, proxies add ten. */
  headerLines: 100,
  /** Answers that their callers have not taken yet, in all; beyond, the greatest are given up. */
  unreadAnswers: 128 * mebibyte,
  /** Callers that are told apart; who has not asked for longest is forgotten, and starts anew. */
  accounts: 20_000,
  /** Questions may come in bursts of so many seconds' worth. */
  rateBurstSeconds: 10,
  /** Resolutions may come in bursts of so many seconds' worth. */
  resolutionsBurstSeconds: 60,
  /** Share of the connections that one network may hold, and of the questions in flight that one caller may. */
  shareOfOne: 3 / 4,
  /** Milliseconds of work, as of a batch, in one go; then everybody else is served. */
  sliceMs: 5,
  /** Characters of the answer to a batch that are rendered in one go, and wait until the caller takes them. */
  portion: 128 * 1024,
  /** Octets of memory that such an answer takes until it is out: two portions, as text and as octets. */
  answer: 512 * 1024,
  /** An answer in portions must be taken at this rate, or its place is wanted for others. Octets a second. */
  answerProgress: 16 * 1024,
  /** Milliseconds for which it may stand still, as long as a question may wait for a domain; slow networks move in bursts. */
  answerPauseMs: 30_000,
  /** Octets of a question in a batch as it usually is, to judge before the batch is read how many there are. */
  usualQuestion: 2 * 1024,
  /** Files besides connections of callers: those to origins, Redis and name servers, and the program itself. */
  otherFiles: 768
} as const

export const memoryBounds = {
  /**
   * Share of the heap of Node.js that remembered material may fill, whatever strangers publish; negative entries may fill an eighth
   * of it besides. The rest is for the program, for documents while they are read, and for the collector; what Node.js calls
   * the limit of its heap has the young generation in it, of up to 200 MB.
   */
  cacheShareOfHeap: 1 / 5
} as const

export const evidenceBounds = {
  /** Names of a certificate that are listed; as many as public certification authorities put into one. */
  identifiers: 100
} as const
