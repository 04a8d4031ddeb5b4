/**
 * Whoever reads what the service writes may go away, stand still, or not be there yet: nothing but the lines is lost, and
 * records are counted (POSH-SEC-14).
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger } from "effect"
import { execFileSync } from "node:child_process"
import { constants } from "node:fs"
import { open } from "node:fs/promises"
import { join } from "node:path"
import type { Readable } from "node:stream"
import { dropUnread, mostUnread } from "../../src/telemetry/dropUnread.ts"
import { makeWorld, type Service, startService, valueOf } from "./world.ts"

const recordsOf = ({ get }: Service, result: "written" | "dropped") =>
  Effect.map(get("/metrics"), ({ text }) => valueOf(text, `posh_decision_log_records_total{result="${result}"}`))

const untilRecords = (service: Service, result: "written" | "dropped", count: number) =>
  recordsOf(service, result).pipe(
    Effect.delay("50 millis"),
    Effect.repeat({ until: (found) => found >= count }),
    Effect.timeoutOrElse({ duration: "10 seconds", orElse: () => Effect.die(new Error(`never ${count} ${result}`)) })
  )

/**
 * Asks until one more record is dropped. A process that another test begins holds copies of this one's files until it runs
 * its program: for that moment a pipe that was closed here takes what is written.
 */
const untilLost = <E, R>(service: Service, ask: Effect.Effect<unknown, E, R>) =>
  Effect.flatMap(
    recordsOf(service, "dropped"),
    (before) =>
      Effect.delay(Effect.andThen(ask, Effect.delay(recordsOf(service, "dropped"), "50 millis")), "50 millis").pipe(
        Effect.repeat({ until: (found) => found > before }),
        Effect.timeoutOrElse({ duration: "10 seconds", orElse: () => Effect.die(new Error("none is dropped")) })
      )
  )

/** Ends reading. The pipe is closed a moment after `destroy`, and takes what is written until then. */
const leave = (stream: Readable | null) =>
  Effect.callback<void>((resume) => {
    if (stream === null || stream.closed) return resume(Effect.void)
    stream.once("close", () => resume(Effect.void))
    stream.destroy()
  })

/** A named pipe, and a reader of it that comes and goes. */
const makePipe = (folder: string) => {
  const path = join(folder, "decisions")
  execFileSync("mkfifo", [path])
  const read = Effect.acquireRelease(
    Effect.promise(() => open(path, constants.O_RDONLY | constants.O_NONBLOCK)),
    (file) => Effect.promise(() => file.close())
  ).pipe(Effect.map((file) => {
    const chunk = Buffer.alloc(65_536)
    const text = { all: "" }
    const next = Effect.promise(() =>
      file.read(chunk, 0, chunk.length).then(
        ({ bytesRead }) => void (text.all += chunk.toString("utf8", 0, bytesRead)),
        () => undefined // nothing there
      )
    )
    const lines = (count: number) =>
      Effect.andThen(next, Effect.sleep(20)).pipe(
        Effect.repeat({ until: () => text.all.split("\n").length > count }),
        Effect.timeout("10 seconds"),
        Effect.map(() => text.all.trim().split("\n").map((line) => JSON.parse(line) as { readonly id: string }))
      )
    return { lines }
  }))
  return { path, read }
}

describe("a lost reader", () => {
  it.live("of standard output and error costs records, which are counted, and no answer", () =>
    Effect.gen(function*() {
      const { env, server } = yield* makeWorld
      const service = yield* startService({ ...env, POSH_DECISION_LOG: "stdout", POSH_LOG_LEVEL: "debug" })
      let asked = 0
      const ask = Effect.suspend(() => {
        asked += 1
        return service.post("/v1/verify", { domain: "good.example", service: "xmpp-server", certificate: server.pem })
      }).pipe(Effect.tap(({ status }) => Effect.sync(() => assert.strictEqual(status, 200))))
      yield* ask
      yield* untilRecords(service, "written", 1)
      yield* leave(service.child.stdout)
      yield* leave(service.child.stderr)
      for (const _ of [1, 2, 3]) yield* untilLost(service, ask)
      assert.strictEqual((yield* recordsOf(service, "written")) + (yield* recordsOf(service, "dropped")), asked)
      assert.strictEqual(yield* service.stop, 0)
    }).pipe(Effect.scoped), 120_000)

  it.live("of a named pipe is not waited for at the start, and may come and go", () =>
    Effect.gen(function*() {
      const { env, folder, server } = yield* makeWorld
      const pipe = makePipe(folder)
      const service = yield* startService({ ...env, POSH_DECISION_LOG: pipe.path })
      assert.match(service.output.stdout, /nobody reads \S+decisions: records of the decision log are dropped/)
      const ask = Effect.map(
        service.post("/v1/verify", { domain: "good.example", service: "xmpp-server", certificate: server.pem }),
        ({ text }) => (JSON.parse(text) as { readonly id: string }).id
      )
      yield* untilLost(service, ask)
      for (const _ of [1, 2]) {
        yield* Effect.gen(function*() {
          const { lines } = yield* pipe.read
          const id = yield* ask
          assert.deepStrictEqual((yield* lines(1)).map((line) => line.id), [id])
        }).pipe(Effect.scoped)
        yield* untilLost(service, ask) // nobody reads
      }
      assert.strictEqual(yield* service.stop, 0)
    }).pipe(Effect.scoped), 120_000)

  it.live("of a named pipe that stands still delays neither answers nor the end", () =>
    Effect.gen(function*() {
      const { env, folder, server } = yield* makeWorld
      const pipe = makePipe(folder)
      yield* pipe.read
      const service = yield* startService({ ...env, POSH_DECISION_LOG: pipe.path })
      const question = { domain: "good.example", service: "xmpp-server", certificate: server.pem }
      const batch = Array.from({ length: 1_000 }, (_, index) => ({ ...question, deadlineMs: 5_000 + index }))
      for (let turn = 0; turn < 3; turn += 1) {
        assert.strictEqual((yield* service.post("/v1/verify/batch", { requests: batch })).status, 200)
      }
      const signalled = performance.now()
      assert.strictEqual(yield* service.stop, 0)
      assert.isBelow(performance.now() - signalled, 10_000)
    }).pipe(Effect.scoped), 120_000)

  it.effect("that stands still lets no more lines of the log wait than a named limit, and learns how many it missed", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const output = { writableLength: 0 }
      const logger = dropUnread(
        Logger.make(({ logLevel, message }) => void lines.push(`${logLevel} ${message}`)),
        output
      )
      yield* Effect.gen(function*() {
        yield* Effect.logInfo("first")
        output.writableLength = mostUnread + 1
        yield* Effect.forEach(["second", "third"], (line) => Effect.logInfo(line))
        output.writableLength = 0
        yield* Effect.forEach(["fourth", "fifth"], (line) => Effect.logInfo(line))
      }).pipe(Effect.provide(Logger.layer([logger])))
      assert.deepStrictEqual(lines, [
        "Info first",
        "Warn dropped 2 lines of the log: nobody read standard output",
        "Info fourth",
        "Info fifth"
      ])
    }))
})
