/**
 * Callers that are too slow, by what is seen of a call every two seconds; and the memory that messages reserve.
 */
import { assert, describe, it } from "vitest"
import { watchBody, watchMessages } from "../../src/grpc/calls/body.ts"
import { makePace, Transfer } from "../../src/grpc/calls/Transfer.ts"
import { makeIsFlood, type Totals } from "../../src/grpc/listener/Traffic.ts"
import { makeBodies } from "../../src/service/limits/Bodies.ts"

const kibibyte = 1024
const minute = 30 // looks

interface Course {
  readonly isStream?: boolean
  readonly isOpenEnded?: boolean
  /** Octets, by the number of the look. */
  readonly received?: (look: number) => number
  readonly written?: (look: number) => number
  readonly unread?: (look: number) => number
  readonly isAwaited?: (look: number) => boolean
  readonly isArriving?: boolean
}

/** The first look at which the call is too slow, in seconds, and why. */
const slowAt = (course: Course, looks: number) => {
  const [transfer, pace] = [new Transfer(), makePace(0)]
  transfer.isArriving = () => course.isArriving === true
  for (let look = 1; look <= looks; look += 1) {
    transfer.received = course.received?.(look) ?? 0
    transfer.written = course.written?.(look) ?? 0
    transfer.isAwaited = course.isAwaited?.(look) ?? true
    const unread = course.unread?.(look) ?? 0
    const why = pace(transfer, {
      now: look * 2_000,
      unread,
      isStream: course.isStream === true,
      isOpenEnded: course.isOpenEnded === true
    })
    if (why !== undefined) return `${why} after ${look * 2} s`
  }
  return "never"
}

describe("a call is too slow", () => {
  it.each<readonly [string, Course, number, string]>([
    ["nothing to do", {}, minute, "never"],
    ["a long message that does not come", { isArriving: true }, minute, "sender after 8 s"],
    [
      "10 KiB/s of a long message",
      { isArriving: true, received: (look) => look * 20 * kibibyte },
      minute,
      "sender after 8 s"
    ],
    ["20 KiB/s of a long message", { isArriving: true, received: (look) => look * 40 * kibibyte }, minute, "never"],
    ["a long message that the service does not read", { isArriving: true, isAwaited: () => false }, minute, "never"],
    [
      "a long message that the service does not read now and then",
      { isArriving: true, isAwaited: (look) => look % 2 === 0 },
      minute,
      "never"
    ],
    ["short messages, one octet at a time", { isStream: true, received: (look) => look }, 20 * minute, "never"],
    ["an answer of which nothing is read", { written: () => 100, unread: () => 100 }, minute, "reader after 32 s"],
    [
      "a long answer, read at 2 KiB/s",
      { written: () => 9_000_000, unread: (look) => 9_000_000 - look * 4 * kibibyte },
      minute,
      "reader after 36 s"
    ],
    [
      "a long answer, read at 20 KiB/s",
      { written: () => 9_000_000, unread: (look) => 9_000_000 - look * 40 * kibibyte },
      2 * minute,
      "never"
    ],
    [
      "results of a stream, read one octet at a time",
      { isStream: true, written: () => 9_000_000, unread: (look) => 9_000_000 - look },
      2 * minute,
      "never"
    ],
    ["a stream without a question", { isStream: true, isOpenEnded: true }, 40 * minute, "idle after 1802 s"],
    ["a watch of health that does not change", { isStream: true }, 40 * minute, "never"],
    [
      "a stream with one each ten minutes",
      { isStream: true, isOpenEnded: true, received: (look) => Math.floor(look / 300) },
      90 * minute,
      "never"
    ],
    ["a call that is no stream, and is answered late", {}, 40 * minute, "never"]
  ])("%s", (_, course, looks, expected) => {
    assert.strictEqual(slowAt(course, looks), expected)
  })
})

describe("memory that is reserved", () => {
  const mebibyte = 1024 * kibibyte
  const prefix = (length: number, flag = 0) => Uint8Array.of(flag, length >>> 24, length >>> 16, length >>> 8, length)
  const octets = (length: number) => new Uint8Array(length)
  const rows: ReadonlyArray<
    readonly [
      string,
      "stream" | "call" | "body" | "gzip",
      ReadonlyArray<Uint8Array>,
      held: number,
      isArriving: boolean,
      kept?: number
    ]
  > = [
    ["a short message", "call", [prefix(100), octets(100)], 0, false],
    ["a long one that has come", "call", [prefix(20_000), octets(20_000)], 20_000, false],
    ["a long one of which a part has come", "call", [prefix(20_000), octets(1)], 20_000, true],
    ["a long one of a stream that has come", "stream", [prefix(20_000), octets(20_000)], 20_000, false],
    ["a part of one of a stream", "stream", [prefix(20_000), octets(1)], 20_000, true],
    [
      "one of a stream, and the begin of a short one",
      "stream",
      [prefix(20_000), octets(20_000), prefix(100)],
      20_000,
      false
    ],
    [
      "a large one of a stream, and a part of a smaller one",
      "stream",
      [prefix(600_000), octets(600_000), prefix(20_000), octets(1)],
      620_000,
      true,
      20_000
    ],
    [
      "one of a stream, and a part of a larger one",
      "stream",
      [prefix(20_000), octets(20_000), prefix(600_000), octets(1)],
      620_000,
      true,
      600_000
    ],
    [
      "many compressed ones of a stream: two of them",
      "stream",
      Array.from({ length: 90 }, () => Uint8Array.of(...prefix(100, 1), ...octets(100))),
      2 * (100 + mebibyte),
      false
    ],
    ["a short one that is compressed", "call", [prefix(100, 1), octets(100)], 100 + mebibyte, false],
    ["an empty one that is compressed", "stream", [prefix(0, 1)], 0, false],
    ["a compressed one of a stream that has come", "stream", [prefix(100, 1), octets(100)], 100 + mebibyte, false],
    ["a short body", "body", [octets(100)], 0, false],
    ["a long body", "body", [octets(10_000), octets(10_000)], mebibyte, true],
    ["a short body that is compressed", "gzip", [octets(100)], mebibyte, true],
    ["a long body that is compressed", "gzip", [octets(20_000), octets(100)], 2 * mebibyte, true]
  ]
  for (const [name, kind, parts, held, isArriving, kept = kind === "stream" && !isArriving ? 0 : held] of rows) {
    it(name, () => {
      const bodies = makeBodies()
      const options = { account: "a", limit: mebibyte, inspect: () => ({ feed: () => true, finish: () => true }) }
      const watch = kind === "body" || kind === "gzip"
        ? watchBody(bodies, { ...options, isCompressed: kind === "gzip" })
        : watchMessages(bodies, { ...options, isStream: kind === "stream" })
      for (const part of parts) assert.isUndefined(watch.take(part))
      assert.deepStrictEqual([bodies.total(), watch.isArriving()], [held, isArriving])
      watch.more()
      assert.strictEqual(bodies.total(), kept, "what was taken needs none")
      watch.end()
      assert.strictEqual(bodies.total(), 0)
    })
  }
})

describe("what a connection sends beside calls", () => {
  const usual = { read: 0, written: 0, received: 0, calls: 0 }
  it.each<readonly [string, ReadonlyArray<Partial<Totals>>, boolean]>([
    ["nothing", [{}, {}], false],
    ["12,000 PINGs", [{ read: 204_000, written: 204_000 }], true],
    ["100 PINGs, for long", Array.from({ length: 90 }, (_, turn) => ({ read: turn * 1_700 })), false],
    ["2,000 calls", [{ read: 2_000 * 400, written: 2_000 * 500, calls: 2_000 }], false],
    ["20,000 questions of a stream", [{ read: 20_000 * 189, written: 20_000 * 300, received: 20_000 * 150 }], false],
    [
      "their measurements of the network",
      [{ read: 20_000 * 206, written: 20_000 * 317, received: 20_000 * 150 }],
      false
    ],
    ["a batch of 32 MiB", [{ read: 33_600_000, received: 33_554_432 }], false],
    ["one octet a frame", [{ read: 500_000, received: 50_000 }], true],
    ["a flood after a long time of calls", [{ read: 9e6, calls: 900 }, { read: 9e6 + 200_000, calls: 900 }], true]
  ])("%s", (_, looks, expected) => {
    const isFlood = makeIsFlood()
    assert.strictEqual(looks.map((look) => isFlood({ ...usual, ...look })).includes(true), expected)
  })
})
