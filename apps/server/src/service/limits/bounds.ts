/**
 * The limits on callers that are not configurable, each with its rationale.
 */
const mebibyte = 1024 * 1024

export const callerBounds = {
  /** Octets. Bodies up to this are not counted: one per connection is no more than the limit on all others. */
  smallBody: 16 * 1024,
  /** Octets of larger bodies in progress: while it is read and answered, a body needs several times its length. */
  bodies: 256 * mebibyte,
  /** Of one caller, in octets: two of the largest batches with their answers, or thirty usual ones. */
  bodiesOfOne: 65 * mebibyte,
  /** Octets per second: minimum rate of a larger body, which holds memory while it arrives. */
  bodyProgress: 16 * 1024,
  /** Requests of one connection that wait for a response; clients that pipeline use about ten. */
  pipelined: 32,
  /** Octets of unread responses in one connection. A caller that sends more requests meanwhile does not read. */
  pipelinedOctets: 512 * 1024,
  /** Characters. A longer certificate is parsed in a time slice: one that consists of names takes 2 ms at this length. */
  lightCertificate: 4 * 1024,
  /** Renderings of the metrics: more than scrapers need, and 2 % of the CPU time. */
  metrics: { perSecond: 5, burst: 10 },
  /** Octets of a header, with the request line. */
  header: 16 * 1024,
  /** Header lines; browsers send about twenty, proxies add ten. */
  headerLines: 100,
  /** Octets of unread responses in total; beyond, connections of the caller with the most are closed. */
  unreadAnswers: 128 * mebibyte,
  /** Accounts with a bucket; the least recently used is evicted and starts with a full bucket. */
  accounts: 20_000,
  /** Burst of the question rate, in seconds of that rate. */
  rateBurstSeconds: 10,
  /** Burst of the resolution rate, in seconds of that rate. */
  resolutionsBurstSeconds: 60,
  /** Share of the connections for one network, and of the questions in flight for one caller. */
  shareOfOne: 3 / 4,
  /** Milliseconds of a time slice; then all other waiting work runs. */
  sliceMs: 5,
  /** Milliseconds of work in slices, then other such work has its turn: a usual batch ends in one. */
  turnMs: 10,
  /** Characters in one portion of the response to a batch; the next one is rendered when the caller has read it. */
  portion: 128 * 1024,
  /** Octets of memory for such a response until it ends: two portions, as text and as octets. */
  answer: 512 * 1024,
  /** Octets per second: minimum rate at which a response in portions is read, because it holds places in flight. */
  answerProgress: 16 * 1024,
  /** Milliseconds for which its reader may pause: as long as the longest deadline. Slow networks read in bursts. */
  answerPauseMs: 30_000,
  /** Octets of a usual question in a batch, to estimate the number of questions from the length of the body. */
  usualQuestion: 2 * 1024,
  /** Connections of the operations listener, for probes and a few scrapers. */
  operators: 256,
  /** Open files besides connections of callers: connections to origins, Redis and name servers; modules. */
  otherFiles: 768
} as const

/** The part of a limit for each of so many workers, and never less than `least`. */
export const shareOf = (limit: number, workers: number, least: number): number =>
  Math.max(Math.min(limit, least), Math.floor(limit / workers))

export const memoryBounds = {
  /**
   * Share of the heap of Node.js for cached material, whatever domains publish. Negative entries may use an eighth of that
   * in addition. The rest is for the program, for documents in progress and for the garbage collector. The heap limit of
   * Node.js includes the young generation of up to 200 MB.
   */
  cacheShareOfHeap: 1 / 5
} as const

export const evidenceBounds = {
  /** Names of a certificate that evidence lists: as many as public CAs put into one. */
  identifiers: 100
} as const
