/** Unit tests of the limits. */
import { assert, describe, it } from "@effect/vitest"
import { problem } from "@posh/api"
import { monotonicMsOf } from "@posh/core/serving"
import { Clock, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import type { Socket } from "node:net"
import { PassThrough } from "node:stream"
import { noteAccount, unreadIn } from "../../../src/connections/Connections.ts"
import { closeUnread } from "../../../src/connections/Unread.ts"
import { makeBodies } from "../../../src/service/limits/Bodies.ts"
import { callerBounds } from "../../../src/service/limits/bounds.ts"
import { makeBuckets } from "../../../src/service/limits/Buckets.ts"
import { makeInFlight } from "../../../src/service/limits/InFlight.ts"
import { makeLag } from "../../../src/service/limits/Lag.ts"
import { Limits } from "../../../src/service/limits/Limits.ts"
import { networkOf } from "../../../src/service/limits/network.ts"
import { balanceAfter, maxBalance } from "../../../src/service/limits/reading.ts"
import { structureOf } from "../../../src/service/limits/structure.ts"
import { makeTurns } from "../../../src/service/limits/Turns.ts"

describe("a token bucket", () => {
  /** Takes a token at each time; counts the successes. */
  const granted = (buckets: ReturnType<typeof makeBuckets>, times: ReadonlyArray<number>, account = "a") =>
    times.filter((now) => buckets.take(account, now) === undefined).length
  const every = (stepMs: number, count: number) => Array.from({ length: count }, (_, index) => index * stepMs)

  const rows: ReadonlyArray<readonly [string, number, number, ReadonlyArray<number>, number]> = [
    ["grants the burst at once", 10, 20, every(0, 100), 20],
    ["refills evenly", 10, 1, every(10, 100), 10],
    ["grants everything at the refill rate", 10, 1, every(100, 50), 50],
    ["grants burst and refill", 10, 20, every(10, 200), 39],
    ["accumulates fractions", 0.5, 1, every(1_000, 20), 10]
  ]
  it.each(rows)(
    "%s",
    (_, perSecond, burst, times, expected) =>
      assert.strictEqual(granted(makeBuckets({ perSecond, burst }), times), expected)
  )

  it("returns the exact time of the next token", () => {
    const buckets = makeBuckets({ perSecond: 2, burst: 4 })
    assert.strictEqual(granted(buckets, every(0, 4)), 4)
    assert.strictEqual(buckets.take("a", 0), 500)
    assert.isDefined(buckets.take("a", 499))
    assert.isUndefined(buckets.take("a", 500))
  })

  it("is separate for each account", () => {
    const buckets = makeBuckets({ perSecond: 1, burst: 5 })
    assert.strictEqual(granted(buckets, every(0, 100), "greedy"), 5)
    assert.strictEqual(granted(buckets, every(0, 5), "modest"), 5)
  })

  it("is evicted after 20,000 other accounts, so that made-up callers take no memory", () => {
    const buckets = makeBuckets({ perSecond: 1, burst: 1 })
    assert.isUndefined(buckets.take("first", 0))
    assert.isDefined(buckets.take("first", 0))
    for (let index = 0; index < 20_000; index += 1) buckets.take(`a${index}`, 0)
    assert.isUndefined(buckets.take("first", 0))
  })

  it("shares usage once, and reconciles that of others", () => {
    const buckets = makeBuckets({ perSecond: 10, burst: 10 })
    granted(buckets, every(0, 3))
    assert.deepStrictEqual(buckets.pending(10), [{ account: "a", owedMs: 300 }])
    assert.deepStrictEqual(buckets.pending(10), [])
    buckets.take("a", 0)
    buckets.reconcile({ account: "a", owedMs: 800 }, 0) // five of another replica; one more taken here since
    assert.strictEqual(granted(buckets, every(0, 10)), 1)
    buckets.reconcile({ account: "a", owedMs: 0 }, 0)
    assert.isDefined(buckets.take("a", 0), "nothing that was taken here is given back")
  })
})

describe("places in flight", () => {
  it("are limited in total and for one caller", () => {
    const places = makeInFlight(10, 6)
    assert.isTrue(places.fits("a", 6))
    assert.isFalse(places.fits("a", 7))
    places.enter("a", 6)
    assert.isFalse(places.fits("a", 1))
    assert.isTrue(places.fits("b", 4))
    assert.isFalse(places.fits("b", 5))
    assert.strictEqual(places.total(), 6)
    places.leave("a", 6)
    assert.isTrue(places.fits("a", 6))
  })

  it("for octets of bodies are released", () => {
    const bodies = makeBodies({ all: 100, one: 60 })
    const release = bodies.reserve("a", 60)
    assert.isDefined(release)
    assert.isUndefined(bodies.reserve("a", 1))
    assert.isDefined(bodies.reserve("b", 40))
    assert.isUndefined(bodies.reserve("c", 1))
    assert.strictEqual(bodies.total(), 100)
    release?.()
    assert.strictEqual(bodies.total(), 40)
    assert.isDefined(bodies.reserve("a", 60))
  })
})

describe("the network of an address", () => {
  it.each([
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["2001:DB8:0:0:ffff::", "2001:db8:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["", ""]
  ])("%s is %s", (address, network) => assert.strictEqual(networkOf(address), network))
})

describe("structure of a body", () => {
  const rows: ReadonlyArray<readonly [string, string, boolean]> = [
    [
      "a batch of 1,000 chains",
      JSON.stringify({
        requests: Array.from({ length: 1_000 }, (_, id) => ({
          id: String(id),
          domain: "a.example",
          service: "xmpp-server",
          chain: Array.from({ length: 10 }, () => "MII"),
          prooftypes: ["posh", "pkix", "dane"],
          explain: true
        }))
      }),
      false
    ],
    ["32 levels", "[".repeat(32), false],
    ["33 levels", "{\"a\":[".repeat(17), true],
    ["brackets in a string", `"${"[".repeat(1_000)}"`, false],
    ["behind an escaped quote", `"\\"${"[".repeat(1_000)}"`, false],
    ["behind an escaped backslash", `"\\\\"${"[".repeat(33)}`, true],
    ["300,000 elements", `[${"0,".repeat(300_000)}0]`, true],
    ["300,000 strings", "\"\"".repeat(300_000), true],
    ["a string without an end", "\"abc", false]
  ]
  it.each(rows)("%s", (_, text, expected) => assert.strictEqual(structureOf(Buffer.from(text)).isOver, expected))
})

describe("unread responses", () => {
  const waiting = (octets: number, account: string) => {
    const stream = new PassThrough({ highWaterMark: 1 })
    stream.write("x")
    stream.cork()
    stream.write(Buffer.alloc(octets))
    stream.on("error", () => {})
    const socket = stream as unknown as Socket
    noteAccount(socket, account)
    return socket
  }
  const rows: ReadonlyArray<
    readonly [name: string, answers: ReadonlyArray<readonly [account: string, octets: number]>, ended: string]
  > = [
    ["the largest first, until the rest fits", [["a", 10], ["a", 1_000], ["a", 100]], "-x-"],
    ["none within the limit", [["a", 60], ["b", 60]], "--"],
    ["those of the caller with the most in total, not the largest of all", [["a", 90], ["b", 80], ["b", 80]], "--x"],
    [
      "many small ones of one caller before a large one of another",
      [["a", 99], ...Array.from({ length: 10 }, () => ["b", 39] as const)],
      "-xxxxxxxx--"
    ],
    ["alternating between equal callers", [["a", 99], ["b", 99], ["a", 99], ["b", 99]], "xx--"]
  ]
  it.each(rows)("are closed: %s", (_, answers, ended) => {
    const sockets = answers.map(([account, octets]) => waiting(octets, account))
    closeUnread(unreadIn(sockets), 200)
    const left = sockets.filter(({ destroyed }) => !destroyed).reduce(
      (sum, { writableLength }) => sum + writableLength,
      0
    )
    assert.isAtMost(left, 200)
    const count = (text: string) => [...text].filter((mark) => mark === "x").length
    const owners = (marks: ReadonlyArray<boolean>) =>
      answers.filter((_answer, index) => marks[index]).map(([account]) => account).sort()
    assert.deepStrictEqual(
      owners(sockets.map(({ destroyed }) => destroyed)),
      owners([...ended].map((mark) => mark === "x"))
    )
    assert.strictEqual(sockets.filter(({ destroyed }) => destroyed).length, count(ended))
  })

  const rate = callerBounds.answerProgress
  const pause = callerBounds.answerPauseMs
  /** Octets read in each second → the second after which the reader is too slow. */
  const paces: ReadonlyArray<readonly [name: string, pace: (second: number) => number, over: number | undefined]> = [
    ["nothing", () => 0, pause / 1_000 + 1],
    ["the minimum rate", () => rate, undefined],
    ["half of it", () => rate / 2, pause / 500 + 1],
    ["much at once, and then nothing", (second) => second === 0 ? 8 * 1024 * 1024 : 0, pause / 1_000 + 2],
    ["in bursts with pauses", (second) => second % 25 === 24 ? 25 * rate : 0, undefined],
    ["an octet a second", () => 1, pause / 1_000 + 1]
  ]
  it.each(paces)("in portions close slow readers: %s", (_, pace, over) => {
    let balance: number = maxBalance
    const seconds = Array.from({ length: 300 }, (_second, second) => second)
    const ended = seconds.find((second) => (balance = balanceAfter(balance, 1_000, pace(second))) < 0)
    assert.strictEqual(ended === undefined ? undefined : ended + 1, over)
  })
})

describe("time slices", () => {
  it.live("end by the clock, and alternate", () =>
    Effect.gen(function*() {
      const inTurn = yield* makeTurns
      const done: Array<string> = []
      const work = (name: string) =>
        inTurn(function*() {
          for (let piece = 0; piece < 6; piece += 1) {
            done.push(name)
            const until = performance.now() + callerBounds.sliceMs / 2
            while (performance.now() < until) { /* a piece of work */ }
            yield
          }
          return name
        })
      const names = yield* Effect.all([work("a"), work("b")], { concurrency: "unbounded" })
      assert.deepStrictEqual(names, ["a", "b"])
      const changes = done.filter((name, index) => name !== done[index - 1]).length
      assert.isAtLeast(changes, 4, done.join(""))
    }))
})

describe("a turn", () => {
  /** Pieces of half a slice by a clock that only they move. */
  const rows: ReadonlyArray<readonly [what: string, pieces: number, order: string]> = [
    ["ends with the work of a few slices", 3, "aaabbbccc"],
    ["ends by the clock, in the middle of longer work", 6, "aaaabbbbccccaabbcc"]
  ]
  it.effect.each(rows)("%s", ([, pieces, order]) =>
    Effect.gen(function*() {
      const time = { nanos: 0n }
      const clock = { ...(yield* Clock.Clock), monotonicTimeNanosUnsafe: () => time.nanos }
      const inTurn = yield* Effect.provideService(makeTurns, Clock.Clock, clock)
      const done: Array<string> = []
      const work = (name: string) =>
        inTurn(function*() {
          for (let piece = 0; piece < pieces; piece += 1) {
            done.push(name)
            time.nanos += BigInt(callerBounds.sliceMs * 1e6 / 2)
            yield
          }
        })
      yield* Effect.all(["a", "b", "c"].map(work), { concurrency: "unbounded" })
      assert.strictEqual(done.join(""), order)
    }))
})

describe("event loop lag", () => {
  it.live("is how long the process was busy", () =>
    Effect.scoped(Effect.gen(function*() {
      const start = performance.now()
      const lag = yield* makeLag
      yield* Effect.sleep("200 millis")
      const before = performance.now()
      while (performance.now() - before < 400) { /* as a large document would be */ }
      const now = yield* Clock.clockWith((clock) => Effect.succeed(monotonicMsOf(clock)))
      assert.isAbove(lag.ms(now), 300)
      assert.isBelow(lag.ms(now), performance.now() - start)
    })))
})

describe("ask", () => {
  const caller = { name: "a", account: "a", scope: "verify" as const }
  const settings = { maxInFlight: 4, callerRate: 1, callerResolutions: undefined }
  const asking = (answer: Effect.Effect<string, ReturnType<typeof problem>>) => ({
    caller,
    answer,
    isSettled: () => true
  })

  it.effect("releases the place however the answer ends", () =>
    Effect.gen(function*() {
      const { ask, inFlight } = yield* Limits
      const failing = asking(Effect.fail(problem("InvalidRequest", "No.")))
      yield* Effect.result(ask(failing))
      yield* Effect.exit(ask(asking(Effect.die("a defect"))))
      const fiber = yield* Effect.forkChild(ask(asking(Effect.never)), { startImmediately: true })
      assert.isFalse(inFlight.fits("a", 3))
      yield* Fiber.interrupt(fiber)
      assert.isTrue(inFlight.fits("a", 3))
    }).pipe(Effect.provide(Limits.layer(settings))))

  it.effect("fails over the rate with the time to retry after", () =>
    Effect.gen(function*() {
      const { ask } = yield* Limits
      const answer = ask(asking(Effect.succeed("yes")))
      for (let times = 0; times < 10; times += 1) assert.strictEqual(yield* answer, "yes")
      const refused = yield* Effect.flip(answer)
      assert.deepInclude(refused, { code: "TooManyRequests", status: 429, retryAfterMs: 1_000 })
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* answer, "yes")
    }).pipe(Effect.provide(Limits.layer(settings))))
})
