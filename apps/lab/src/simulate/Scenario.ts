/**
 * What is simulated: a world of domains, a fleet that is asked about them, and what fails meanwhile.
 */

/** How a domain publishes, if it does. */
export type Kind =
  /** A fingerprints document of its own. */
  | "own"
  /** A reference to the document of a hosting provider. */
  | "hosted"
  /** A JWK Set of the draft generation, and nothing for RFC 7711. */
  | "draft"
  /** Nothing: both documents are 404. */
  | "nothing"
  /** No web server: nobody accepts the connection. */
  | "unreachable"
  /** A fingerprints document that names another certificate than the one in use. */
  | "mistaken"

export const kinds: ReadonlyArray<Kind> = ["own", "hosted", "draft", "nothing", "unreachable", "mistaken"]

export interface WorldOptions {
  readonly domains: number
  /** Of Zipf's law: the domain of rank k is asked about in proportion to 1/k^exponent. */
  readonly exponent: number
  /** Shares of the kinds; together 1. */
  readonly shares: Readonly<Record<Kind, number>>
  /** `expires` of documents in seconds, each with its share; together 1. */
  readonly lifetimes: ReadonlyArray<readonly [seconds: number, share: number]>
  /** Hosting providers; their sizes follow Zipf's law with exponent 1. */
  readonly providers: number
  /** A domain has a new certificate so often, and publishes it at the same moment; milliseconds. */
  readonly rotationMs: number
  /** Milliseconds of a request to a web server, at least and at most; each host keeps its own. */
  readonly latencyMs: readonly [least: number, most: number]
}

export interface FleetOptions {
  readonly replicas: number
  /** Without it each replica has its memory alone. */
  readonly redis: boolean
  /** Bound of the memory cache of each replica (`POSH_CACHE_ENTRIES`). */
  readonly cacheEntries: number
  /** Which replica is asked: any, or always the same one for a domain. */
  readonly balance: "any" | "by domain"
  /** Milliseconds of a command to Redis. */
  readonly redisMs: number
}

/** From `from` until before `to`, in milliseconds since the start. */
export type Outage =
  | { readonly what: "origins"; readonly from: number; readonly to: number; readonly share: number }
  /** The provider with this number; 0 is the largest. */
  | { readonly what: "provider"; readonly from: number; readonly to: number; readonly provider: number }
  /** `losesData`: it comes back empty. */
  | { readonly what: "redis"; readonly from: number; readonly to: number; readonly losesData: boolean }
  /** All replicas restart one after the other, evenly in this time, and begin with an empty memory. */
  | { readonly what: "restart"; readonly from: number; readonly to: number }

export interface Scenario {
  readonly world: WorldOptions
  readonly fleet: FleetOptions
  /** Questions a second, of the whole fleet; they arrive by a Poisson process. */
  readonly rate: number
  /**
   * One domain in so many is simulated, with all questions about it, and figures are scaled to all of them: what a cache
   * does with one domain does not depend on the others, besides the bounds, which are scaled down (spatial sampling, as
   * in Waldspurger et al., "Efficient MRC construction with SHARDS", FAST 2015). 1 is all domains.
   */
  readonly sample: number
  /** Milliseconds before what is reported begins, so that the caches are filled. */
  readonly warmUpMs: number
  /** Milliseconds that are reported. */
  readonly durationMs: number
  readonly outages: ReadonlyArray<Outage>
  readonly seed: string
}

const second = 1_000
export const minute = 60 * second
export const hour = 60 * minute
export const day = 24 * hour

/** A world in which most domains publish nothing, and most others are hosted. */
export const usualWorld: WorldOptions = {
  domains: 1_000_000,
  exponent: 0.9,
  shares: { own: 0.1, hosted: 0.25, draft: 0.02, nothing: 0.58, unreachable: 0.04, mistaken: 0.01 },
  lifetimes: [[3_600, 0.1], [86_400, 0.6], [604_800, 0.3]],
  providers: 100,
  rotationMs: 60 * day,
  latencyMs: [20, 300]
}

export const usualFleet: FleetOptions = {
  replicas: 4,
  redis: true,
  cacheEntries: 100_000,
  balance: "any",
  redisMs: 0.5
}

export const usualScenario: Scenario = {
  world: usualWorld,
  fleet: usualFleet,
  rate: 10,
  sample: 1,
  warmUpMs: day,
  durationMs: day,
  outages: [],
  seed: "1"
}
