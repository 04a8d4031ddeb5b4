import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { type FairQueue, makeFairQueue } from "../../src/fetch/FairQueue.ts"

interface Waiter {
  readonly path: ReadonlyArray<string>
  readonly number: number
}

const waiter = (text: string, number: number): Waiter => ({ path: text.split(" "), number })
const fill = (queue: FairQueue<Waiter>, texts: ReadonlyArray<string>) =>
  texts.map((text, number) => {
    const one = waiter(text, number)
    queue.add(one.path, one)
    return one
  })
const drain = (queue: FairQueue<Waiter>) => Array.from({ length: queue.size() }, () => queue.take()?.number)

describe("turns", () => {
  it.each<readonly [what: string, waiting: ReadonlyArray<string>, order: ReadonlyArray<number>]>([
    ["nobody", [], []],
    ["one name's in the order of arrival", ["a x", "a x", "a x"], [0, 1, 2]],
    ["groups alternate, in the order of arrival", ["a x", "a x", "b x", "c x", "b x"], [0, 2, 3, 1, 4]],
    ["a newcomer waits for one turn of each", ["a x", "a y", "a z", "b x"], [2, 3, 1, 0]],
    ["of names the newest comes first", ["a x", "a y", "a z"], [2, 1, 0]],
    ["and has its turn before it comes again", ["a x", "a y", "a z", "a z"], [2, 1, 0, 3]]
  ])("%s", (_, waiting, order) => {
    const queue = makeFairQueue<Waiter>()
    fill(queue, waiting)
    assert.deepStrictEqual(drain(queue), [...order])
    assert.isUndefined(queue.take())
  })
})

describe("who goes where there is no place", () => {
  it.each<readonly [what: string, waiting: ReadonlyArray<string>, newcomer: string, victim: number | undefined]>([
    ["the last of the group that has most", ["a x", "a y", "a z", "b x"], "b y", 0],
    ["of the own group where none has more", ["a x", "a y", "b x"], "b y", 2],
    ["not where the newcomer would have as many", ["a x", "b x"], "a y", 0],
    ["of a flood of names the oldest", ["a x", "a y", "a z"], "b x", 0],
    ["also for one more of these names", ["a x", "a y", "a z"], "a n", 0],
    ["never for the second of a name", ["a x", "a y"], "a x", undefined],
    ["the last of a name", ["a x", "a x", "a x"], "b x", 2],
    ["no group for a group that has as many", ["a x", "b x"], "c x", undefined]
  ])("%s", (_, waiting, newcomer, victim) => {
    const queue = makeFairQueue<Waiter>()
    fill(queue, waiting)
    assert.strictEqual(queue.victimFor(newcomer.split(" "))?.number, victim)
    assert.strictEqual(queue.size(), waiting.length)
  })
})

const Step = Schema.Struct({
  does: Schema.Literals(["add", "add", "take", "remove", "victim"]),
  group: Schema.Literals(["a", "b", "c"]),
  site: Schema.Literals(["1", "2"]),
  name: Schema.Literals(["x", "y", "z"]),
  which: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 20 }))
})

describe("whatever happens in between", () => {
  it.prop("everybody leaves once, and nothing is kept", [Schema.Array(Step)], ([steps]) => {
    const queue = makeFairQueue<Waiter>()
    const waiting = new Set<Waiter>()
    steps.forEach(({ does, group, name, site, which }, number) => {
      const one = { path: [group, site, name], number }
      const other = [...waiting][which]
      if (does === "add") {
        queue.add(one.path, one)
        waiting.add(one)
      } else if (does === "remove" && other !== undefined) {
        queue.remove(other)
        queue.remove(other)
        waiting.delete(other)
      } else if (does === "take") {
        const taken = queue.take()
        assert.strictEqual(taken === undefined, waiting.size === 0)
        if (taken !== undefined) assert.isTrue(waiting.delete(taken))
      } else {
        const victim = queue.victimFor(one.path)
        if (victim !== undefined) assert.isTrue(waiting.has(victim))
      }
      assert.strictEqual(queue.size(), waiting.size)
    })
    const groups = [...waiting].map(({ path }) => path[0])
    const most = Math.max(0, ...["a", "b", "c"].map((group) => groups.filter((one) => one === group).length))
    const order = drain(queue)
    assert.strictEqual(new Set(order).size, waiting.size)
    // Round robin: the first of every group is among the first turns.
    if (most > 0) {
      const first = order.slice(0, new Set(groups).size).map((number) =>
        [...waiting].find((one) => one.number === number)
      )
      assert.strictEqual(new Set(first.map((one) => one?.path[0])).size, new Set(groups).size)
    }
  })
})
