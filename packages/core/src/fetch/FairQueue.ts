/**
 * A hierarchical fair queue: groups take turns, and so do the groups within them, so a flood in one group delays only
 * that group. An empty group is deleted, so the memory is bounded by the number of waiters.
 *
 * **Details**
 *
 * Groups are served round robin; a new group joins at the end of the round. The last level holds source domains, which
 * cost nothing to invent: there the newest comes first (LIFO). In order of arrival, a new name behind a thousand others
 * would always time out, and the oldest names, which have waited too long already, lose least.
 */

/** The groups of a waiter, the widest first; all paths of a queue have the same length. */
export type GroupPath = ReadonlyArray<string>

export interface FairQueue<W> {
  readonly size: () => number
  readonly add: (path: GroupPath, waiter: W) => void
  /** Removes and returns the waiter whose turn it is. */
  readonly take: () => W | undefined
  /** Removes a waiter that gives up before its turn. */
  readonly remove: (waiter: W) => void
  /**
   * The waiter to shed if the queue is full and one more of this path arrives: the last waiter of the largest group.
   * `undefined` if the newcomer's own group is the largest: then the newcomer is shed.
   */
  readonly victimFor: (path: GroupPath) => W | undefined
}

export const makeFairQueue = <W extends object>(): FairQueue<W> => {
  const root = makeGroup<W>(undefined, "")
  const groupOf = new Map<W, Group<W>>()

  const takeFrom = (group: Group<W>): W | undefined => {
    const [waiter] = group.waiters
    if (waiter !== undefined) {
      leave(group, waiter)
      return waiter
    }
    const next = group.first
    if (next === undefined) return undefined
    const taken = takeFrom(next)
    if (next.size > 0) toEnd(group, next)
    return taken
  }

  const leave = (group: Group<W>, waiter: W): void => {
    group.waiters.delete(waiter)
    groupOf.delete(waiter)
    count(group, -1)
  }

  return {
    size: () => root.size,
    add: (path, waiter) => {
      const group = path.reduce((parent, name, level) => enter(parent, name, level === path.length - 1), root)
      group.waiters.add(waiter)
      groupOf.set(waiter, group)
      count(group, 1)
    },
    take: () => takeFrom(root),
    remove: (waiter) => {
      const group = groupOf.get(waiter)
      if (group !== undefined) leave(group, waiter)
    },
    victimFor: (path) => victimWithin(root, path)
  }
}

/** A ring of groups, or, on the last level, a list of waiters. */
interface Group<W> {
  readonly parent: Group<W> | undefined
  readonly name: string
  readonly waiters: Set<W>
  readonly groups: Map<string, Group<W>>
  first: Group<W> | undefined
  last: Group<W> | undefined
  before: Group<W> | undefined
  after: Group<W> | undefined
  /** Number of waiters in this group and below. */
  size: number
}

const makeGroup = <W>(parent: Group<W> | undefined, name: string): Group<W> => ({
  parent,
  name,
  waiters: new Set(),
  groups: new Map(),
  first: undefined,
  last: undefined,
  before: undefined,
  after: undefined,
  size: 0
})

const enter = <W>(parent: Group<W>, name: string, isName: boolean): Group<W> => {
  const known = parent.groups.get(name)
  if (known !== undefined) return known
  const group = makeGroup(parent, name)
  parent.groups.set(name, group)
  if (isName) link(parent, group, undefined, parent.first)
  else link(parent, group, parent.last, undefined)
  return group
}

/** Changes the sizes up to the root, and deletes groups that become empty. */
const count = <W>(group: Group<W>, change: 1 | -1): void => {
  group.size += change
  if (group.parent === undefined) return
  if (group.size === 0) {
    unlink(group.parent, group)
    group.parent.groups.delete(group.name)
  }
  count(group.parent, change)
}

const toEnd = <W>(parent: Group<W>, group: Group<W>): void => {
  unlink(parent, group)
  link(parent, group, parent.last, undefined)
}

const link = <W>(
  parent: Group<W>,
  group: Group<W>,
  before: Group<W> | undefined,
  after: Group<W> | undefined
): void => {
  group.before = before
  group.after = after
  if (before === undefined) parent.first = group
  else before.after = group
  if (after === undefined) parent.last = group
  else after.before = group
}

const unlink = <W>(parent: Group<W>, { after, before }: Group<W>): void => {
  if (before === undefined) parent.first = after
  else before.after = after
  if (after === undefined) parent.last = before
  else after.before = before
}

const victimWithin = <W>(group: Group<W>, [name, ...rest]: GroupPath): W | undefined => {
  if (name === undefined) return undefined
  const own = group.groups.get(name)
  const most = largest(group)
  // On the last level, a tie with the newcomer's group evicts the oldest name, whose turn is last.
  const isEvictable = rest.length === 0
    ? (own?.size ?? 0) < (most?.size ?? 0)
    : (own?.size ?? 0) + 1 < (most?.size ?? 0)
  if (most !== undefined && most !== own && isEvictable) return lastOf(most)
  return own === undefined ? undefined : victimWithin(own, rest)
}

/** The largest group; of several, the one whose turn is last. */
const largest = <W>(group: Group<W>): Group<W> | undefined => {
  let most: Group<W> | undefined
  for (let next = group.first; next !== undefined; next = next.after) {
    if (next.size >= (most?.size ?? 0)) most = next
  }
  return most
}

const lastOf = <W>(group: Group<W>): W | undefined => {
  const most = largest(group)
  return most === undefined ? [...group.waiters].at(-1) : lastOf(most)
}
