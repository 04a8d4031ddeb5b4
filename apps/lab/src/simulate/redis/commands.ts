/**
 * What each operation of a replica costs Redis, in commands. The simulated Redis has the same operations, and no commands;
 * `test/simulate/redisCommands.test.ts` compares this table with what the service sends to a real one.
 */

export type Command =
  | "MGET"
  | "GET"
  | "PTTL"
  | "EXISTS"
  | "EVALSHA"
  | "ZADD"
  | "ZREM"
  | "ZSCAN"
  | "ZREMRANGEBYSCORE"
  | "PUBLISH"
  | "PING"
  | "SUBSCRIBE"

export const commands = {
  /** Reads both entries of a key. */
  read: ["MGET"],
  readEra: ["GET"],
  isRemoved: ["PTTL"],
  /** Asks for the lead, whether it is granted or not. */
  acquire: ["EVALSHA"],
  /** The leader extends its lease: twice a second. */
  renew: ["EVALSHA"],
  release: ["EVALSHA"],
  /** A follower looks whether the lease is still held: ten times a second. */
  poll: ["PTTL"],
  putAssociation: ["ZADD", "EVALSHA", "ZADD"],
  putNegative: ["EVALSHA"],
  /** Stores the negative entry, and deletes the association. */
  withdraw: ["EVALSHA"],
  /** Where there was one: its member in the index; then looks whether another one was written meanwhile. */
  drop: ["ZREM", "GET"],
  forget: ["EVALSHA", "ZREM", "GET"],
  announce: ["PUBLISH"],
  /** Once a minute at most, after a write. */
  sweep: ["ZREMRANGEBYSCORE"],
  /** Every second: the channel, the health, the era. */
  everySecond: ["PUBLISH", "SUBSCRIBE", "PING", "GET"],
  /** Every five seconds, and the check of the members that were scanned, so many at a time. */
  scan: ["ZSCAN"],
  check: ["EXISTS"]
} as const satisfies Readonly<Record<string, ReadonlyArray<Command>>>

export type Operation = keyof typeof commands

export type OperationCounts = Record<Operation, number>

export const noOperations = (): OperationCounts =>
  Object.fromEntries(Object.keys(commands).map((operation) => [operation, 0])) as OperationCounts

/** By command. */
export const toCommands = (counts: OperationCounts): Readonly<Partial<Record<Command, number>>> => {
  const sums: Partial<Record<Command, number>> = {}
  for (const operation of Object.keys(commands) as Array<Operation>) {
    for (const command of commands[operation]) sums[command] = (sums[command] ?? 0) + counts[operation]
  }
  return sums
}

export const sumOfCommands = (counts: OperationCounts): number =>
  (Object.keys(commands) as Array<Operation>).reduce((sum, name) => sum + counts[name] * commands[name].length, 0)

/** What a replica does whether it is asked or not, in a second. */
export const idleOperations: ReadonlySet<Operation> = new Set(["everySecond", "scan", "check", "sweep"])
