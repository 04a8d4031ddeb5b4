/** Decisions on their way to a line, without a service around them. */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Logger } from "effect"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { Asked, Decision } from "../../src/Decider.ts"
import { makeDecisionLog } from "../../src/telemetry/decisions/DecisionLog.ts"
import { makeMask } from "../../src/telemetry/decisions/mask.ts"
import { type Entry, makeToLine } from "../../src/telemetry/decisions/record.ts"
import { type Sink, SinkError } from "../../src/telemetry/decisions/sink.ts"
import { association, indeterminate, verified } from "../verdicts.ts"
import { until } from "./world.ts"

const asked: Asked = Object.freeze({ domain: "hosted.example", service: "xmpp-server", certificate: "MAA=" })
const decision = (verdict: Decision["verdict"]): Decision => ({ id: "0193", verdict })
const entry = (more: Partial<Entry> = {}): Entry => ({
  decision: decision(verified),
  asked,
  caller: { name: "ops", account: "ops", scope: "verify" },
  tookMs: 0.25,
  ...more
})

describe("the buffer", () => {
  it.live("drops and counts what does not fit, and logs once", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      const texts: Array<string> = []
      const sink: Sink = {
        write: (text) =>
          Effect.andThen(
            Deferred.await(gate),
            Effect.sync(() => {
              texts.push(String(Buffer.from(text)))
            })
          )
      }
      const [written, dropped] = [{ value: 0 }, { value: 0 }]
      const logged: Array<unknown> = []
      const logger = Logger.make(({ message }) => {
        logged.push(message)
      })
      yield* Effect.gen(function*() {
        const record = yield* makeDecisionLog({
          sink,
          toLine: () => ({ head: "x", middle: Buffer.of(), tail: "\n" }),
          capacity: 10,
          written,
          dropped
        })
        for (let turn = 0; turn < 25; turn += 1) record(entry())
        assert.strictEqual(dropped.value, 15)
        yield* Effect.sleep(100) // the writer has taken what there is, and stands still
        for (let turn = 0; turn < 5; turn += 1) record(entry())
        assert.strictEqual(dropped.value, 20, "what is under way counts")
        yield* Deferred.succeed(gate, undefined)
      }).pipe(Effect.scoped, Effect.provide(Logger.layer([logger])))
      assert.strictEqual(written.value, 10)
      assert.strictEqual(texts.join("").split("\n").length - 1, 10)
      assert.strictEqual(logged.filter((message) => String(message).includes("too slow")).length, 1)
    }))

  it.live("counts what cannot be written, and goes on when it can", () =>
    Effect.gen(function*() {
      const state = { isFull: true }
      const sink: Sink = {
        write: () => Effect.suspend(() => state.isFull ? Effect.fail(new SinkError({ cause: "ENOSPC" })) : Effect.void)
      }
      const [written, dropped] = [{ value: 0 }, { value: 0 }]
      const record = yield* makeDecisionLog({
        sink,
        toLine: () => ({ head: "x", middle: Buffer.of(), tail: "\n" }),
        capacity: 10,
        written,
        dropped
      })
      record(entry())
      yield* until(() => dropped.value === 1)
      state.isFull = false
      record(entry())
      yield* until(() => written.value === 1)
      assert.strictEqual(dropped.value, 1)
    }).pipe(Effect.provide(Logger.layer([])), Effect.scoped))
})

describe("a record", () => {
  const toLine = makeToLine(makeMask([], undefined))
  const lineOf = (of: Entry) => {
    const { head, middle, tail } = toLine(of)
    return `${head}${String(Buffer.from(middle))}${tail}`
  }

  it.each<readonly [string, Entry]>([
    [
      "a name of a caller with everything in it",
      entry({ caller: { name: `"\n\u0000${"x".repeat(300)}`, account: "", scope: "verify" } })
    ],
    [
      "options with everything in them",
      entry({ asked: Object.freeze({ ...asked, derivedDomain: `"\n\u2028${"y".repeat(300)}` }) })
    ],
    ["an indeterminate verdict", entry({ decision: decision(indeterminate) })],
    ["a verdict", entry()]
  ])("%s is one line of JSON of bounded length (POSH-SEC-14)", (_name, of) => {
    const line = lineOf(of)
    assert.strictEqual(line.indexOf("\n"), line.length - 1)
    assert.deepInclude(JSON.parse(line), { id: "0193" })
    assert.isBelow(line.length, 1_200)
  })

  it("has the members that the guide shows", () => {
    const guide = readFileSync(join(import.meta.dirname, "../../../../docs/guides/operate.md"), "utf8")
    const [, shown = ""] = /### Decisions\n[^]*?```json\n([^]*?)```/.exec(guide) ?? []
    const membersOf = (value: object): ReadonlyArray<unknown> =>
      Object.entries(value).map(([name, inner]) => [name, typeof inner === "object" ? membersOf(inner) : ""])
    const basis = association
    const line = lineOf(entry({ decision: decision({ ...verified, basis, validUntil: 0, waitedMs: 0 }) }))
    assert.deepStrictEqual(membersOf(JSON.parse(line)), membersOf(JSON.parse(shown)))
  })

  it("keeps no text of a question that can still change", () => {
    const loose = { ...asked, deadlineMs: 1_000 }
    const first = JSON.parse(lineOf(entry({ asked: loose })))
    loose.deadlineMs = 2_000
    const second = JSON.parse(lineOf(entry({ asked: loose })))
    assert.deepStrictEqual([first.question.deadlineMs, second.question.deadlineMs], [1_000, 2_000])
  })

  it("masks with a key of its own where none is given", () => {
    const [one, two] = [makeMask(["caller"], undefined), makeMask(["caller"], undefined)]
    assert.strictEqual(one("caller", "a"), one("caller", "a"))
    assert.notStrictEqual(one("caller", "a"), two("caller", "a"))
    assert.strictEqual(one("domain", "a"), "a")
  })
})
