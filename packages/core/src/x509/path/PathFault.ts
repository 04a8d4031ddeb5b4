/**
 * Why there is no path. A search fails at many places; the one nearest to success is reported.
 */

export interface PathFault {
  /**
   * `incomplete`: every way ends at a certificate whose issuer was neither presented nor an anchor, so with more certificates
   * there could be a path. `tooMuchWork`: the search was given up; THERE MAY BE A PATH. `invalid`: anything else.
   */
  readonly reason: "incomplete" | "invalid" | "tooMuchWork"
  /** For a person; bounded. */
  readonly detail: string
  /** The position in the path of the certificate at fault; 0 is the leaf. */
  readonly index: number
  /**
   * When a certificate begins to be valid that was not yet, in milliseconds since the epoch; `Infinity` if there is none.
   * Until then there is no path either.
   */
  readonly until: number
  /** If `incomplete`: the certificates (DER, of the question) whose issuer was neither presented nor an anchor; else none. */
  readonly ends: ReadonlyArray<Uint8Array>
}

/** Where a search failed; the last is the nearest to success. */
export type FaultPlace = "no issuer" | "loop" | "signature" | "issuer" | "anchor" | "path"

const ranks: { readonly [P in FaultPlace]: number } = {
  "no issuer": 0,
  "loop": 1,
  "signature": 2,
  "issuer": 3,
  "anchor": 4,
  "path": 5
}

/** The faults of one search. */
export interface PathFaults {
  readonly add: (place: FaultPlace, index: number, detail: string) => void
  /** Notes that a certificate is not valid before this instant. */
  readonly addStart: (notBefore: number) => void
  /** Notes that the issuer of this certificate (DER) is missing. */
  readonly addEnd: (der: Uint8Array) => void
  readonly toFault: (isGivenUp: boolean) => PathFault
}

export const makePathFaults = (): PathFaults => {
  const ends = new Set<Uint8Array>()
  const log = { rank: -1, index: 0, detail: "", until: Number.POSITIVE_INFINITY }
  return {
    add: (place, index, detail) => {
      const rank = ranks[place]
      // Of faults at one place, the one highest up.
      if (rank > log.rank || (rank === log.rank && index > log.index)) Object.assign(log, { rank, index, detail })
    },
    addStart: (notBefore) => {
      log.until = Math.min(log.until, notBefore)
    },
    addEnd: (der) => void ends.add(der),
    toFault: (isGivenUp) => {
      const reason = isGivenUp ? "tooMuchWork" : log.rank <= ranks["no issuer"] ? "incomplete" : "invalid"
      return {
        reason,
        detail: isGivenUp ? "finding a path would take too much work" : log.detail,
        index: log.index,
        until: log.until,
        ends: reason === "incomplete" ? [...ends] : []
      }
    }
  }
}
