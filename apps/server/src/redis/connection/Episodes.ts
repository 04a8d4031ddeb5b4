/**
 * When to log faults that last: at their beginning, when their cause changes, and at their end. A fault that comes and
 * goes, or changes back and forth, is logged a few times a minute at most. Time is an argument, in milliseconds of a
 * monotonic clock.
 */
export interface Episodes {
  /** Notes a fault. True if it is to be logged. */
  readonly begin: (subject: string, cause: string, now: number) => boolean
  /** True if the end is to be logged: the fault was. */
  readonly end: (subject: string) => boolean
  /** The cause of the fault that lasts. */
  readonly causeOf: (subject: string) => string | undefined
}

/** How long the same cause is not logged again: after a fault ended, and while one cause alternates with others. */
const beginAgainMs = 10_000
const changeAgainMs = 60_000

interface Episode {
  cause?: string | undefined
  isLogged: boolean
  /** When each cause was last logged. Causes are of a closed set. */
  readonly loggedAt: Map<string, number>
}

/** Subjects are of a closed set. */
export const makeEpisodes = (): Episodes => {
  const episodes = new Map<string, Episode>()
  return {
    begin: (subject, cause, now) => {
      const episode = episodes.get(subject) ?? { isLogged: false, loggedAt: new Map<string, number>() }
      episodes.set(subject, episode)
      const isNew = episode.cause === undefined
      const isSame = episode.cause === cause
      episode.cause = cause
      if (isSame && episode.isLogged) return false
      const last = episode.loggedAt.get(cause)
      if (last !== undefined && now - last < (isNew || isSame ? beginAgainMs : changeAgainMs)) return false
      episode.loggedAt.set(cause, now)
      episode.isLogged = true
      return true
    },
    end: (subject) => {
      const episode = episodes.get(subject)
      const isLogged = episode?.cause !== undefined && episode.isLogged
      if (episode !== undefined) Object.assign(episode, { cause: undefined, isLogged: false })
      return isLogged
    },
    causeOf: (subject) => episodes.get(subject)?.cause
  }
}
