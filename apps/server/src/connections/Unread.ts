/**
 * Limits what is held in memory of answers that their callers do not read, in the whole process.
 */

/** What one connection does not read. */
export interface Unread {
  /** Of its caller. */
  readonly account: string
  readonly octets: number
  /** Closes the connection. */
  readonly close: () => void
}

/**
 * Closes connections until at most `most` octets are unread: always one of the caller with the most unread octets, and of
 * those the one with the most. A caller that reads is not disconnected because another does not.
 */
export const closeUnread = (connections: Iterable<Unread>, most: number): void => {
  const waiting = new Map<string, Array<Unread>>()
  let total = 0
  for (const connection of connections) {
    total += connection.octets
    const others = waiting.get(connection.account)
    if (others === undefined) waiting.set(connection.account, [connection])
    else others.push(connection)
  }
  if (total <= most) return
  const callers = [...waiting.values()].map((own) => ({
    own: own.sort((left, right) => left.octets - right.octets),
    octets: own.reduce((sum, { octets }) => sum + octets, 0)
  }))
  while (total > most) {
    const greatest = callers.reduce((left, right) => right.octets > left.octets ? right : left)
    const connection = greatest.own.pop()
    if (connection === undefined) return
    total -= connection.octets
    greatest.octets -= connection.octets
    connection.close()
  }
}
