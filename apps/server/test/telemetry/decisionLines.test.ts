/** Decisions on their way to a line, without a service around them. */
import { assert, describe, it } from "@effect/vitest"
import type { Question } from "@posh/core"
import { Deferred, Effect, Logger } from "effect"
import { TestClock } from "effect/testing"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { CallerQuestion } from "../../src/service/CallerQuestion.ts"
import type { Decision } from "../../src/service/Decision.ts"
import { makeFill } from "../../src/telemetry/decisions/chunk.ts"
import { makeDecisionLog } from "../../src/telemetry/decisions/DecisionLog.ts"
import { makeMask } from "../../src/telemetry/decisions/mask.ts"
import { type Draft, type Entry, makeToDraft } from "../../src/telemetry/decisions/record.ts"
import { type Sink, SinkError } from "../../src/telemetry/decisions/sink.ts"
import { association as undelivered, indeterminate, verified } from "../service/verdicts.ts"
import { until } from "./world.ts"

const asked: Question = { domain: "hosted.example", service: "xmpp-server", certificate: "MAA=" }
const decision = (verdict: Decision["verdict"]): Decision => ({ id: "0193", verdict })
const entry = (more: Partial<Entry> = {}): Entry => ({
  decision: decision(verified),
  question: new CallerQuestion(asked),
  caller: { name: "ops", account: "ops", scope: "verify" },
  tookMs: 0.25,
  ...more
})

const delivered = (documentSha256: string): typeof undelivered => ({
  ...undelivered,
  hops: [{ url: "https://hosted.example/", startedAt: 0, endedAt: 0, documentSha256 }]
})
const association = delivered("5f".repeat(32))

const unmasked = makeMask([], undefined)
const makeLog = (sink: Sink, written = { value: 0 }, dropped = { value: 0 }) =>
  makeDecisionLog({ sink, toDraft: makeToDraft(unmasked), capacity: 10, written, dropped })

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
        const record = yield* makeLog(sink, written, dropped)
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

  it.live("leaves what is being written alone when the service ends", () =>
    Effect.gen(function*() {
      const taken: Array<Uint8Array> = []
      const sink: Sink = {
        write: (octets) =>
          Effect.suspend(() => {
            taken.push(octets)
            return taken.length === 1 ? Effect.never : Effect.void
          })
      }
      const ids = (octets: Uint8Array | undefined) =>
        String(Buffer.from(octets ?? [])).split("\n").slice(0, -1).map((line) =>
          (JSON.parse(line) as { id: string }).id
        )
      yield* Effect.scoped(Effect.gen(function*() {
        const record = yield* makeLog(sink)
        record(entry({ decision: { id: "first", verdict: verified } }))
        yield* until(() => taken.length === 1)
        record(entry({ decision: { id: "second", verdict: verified } }))
      }))
      assert.deepStrictEqual(taken.map(ids), [["first"], ["second"]])
    }))

  it.effect("rests between its writes, also where records never cease", () =>
    Effect.gen(function*() {
      const state = { writes: 0, record: (_entry: Entry): void => undefined }
      // While a line is being written, the next question is answered.
      const sink: Sink = {
        write: () =>
          Effect.sync(() => {
            state.writes += 1
            if (state.writes < 1_000) state.record(entry())
          })
      }
      state.record = yield* makeLog(sink)
      state.record(entry())
      yield* TestClock.adjust(1_000)
      assert.isAtMost(state.writes, 20)
      assert.isAbove(state.writes, 15)
    }))

  it.live("counts what cannot be written, and goes on when it can", () =>
    Effect.gen(function*() {
      const state = { isFull: true }
      const sink: Sink = {
        write: () => Effect.suspend(() => state.isFull ? Effect.fail(new SinkError({ cause: "ENOSPC" })) : Effect.void)
      }
      const [written, dropped] = [{ value: 0 }, { value: 0 }]
      const record = yield* makeLog(sink, written, dropped)
      record(entry())
      yield* until(() => dropped.value === 1)
      state.isFull = false
      record(entry())
      yield* until(() => written.value === 1)
      assert.strictEqual(dropped.value, 1)
    }).pipe(Effect.provide(Logger.layer([])), Effect.scoped))
})

describe("a chunk", () => {
  const draft = (octets: number): Draft => ({
    id: "0193",
    decidedAt: 0,
    middle: Buffer.alloc(octets, "x"),
    tookMicros: 0,
    waitedMicros: 0
  })
  const overhead = makeFill(0)([draft(0)], 1).octets.length
  const room = 4 * (overhead + 100)

  it.each<readonly [string, number, ReadonlyArray<number>, number]>([
    ["nothing of nothing", 10, [], 0],
    ["no more than asked for", 2, [100, 100, 100], 2],
    ["all that there is", 10, [100, 100, 100], 3],
    ["no more than fits", 10, [100, 100, 100, 100, 0], 4],
    ["none that would need more room", 10, [100, 1_000, 100], 1],
    ["one that needs more room, alone", 10, [1_000, 100], 1]
  ])("has %s", (_name, most, lengths, lines) => {
    const fill = makeFill(room)
    for (let turn = 0; turn < 2; turn += 1) {
      const chunk = fill(lengths.map(draft), most)
      assert.strictEqual(chunk.lines, lines)
      const text = String(Buffer.from(chunk.octets))
      const found = text.split("\n").slice(0, -1).map((line) => line.length + 1 - overhead)
      assert.deepStrictEqual(found, lengths.slice(0, lines))
    }
  })
})

describe("a record", () => {
  const toDraft = makeToDraft(unmasked)
  const lineOf = (of: Entry) => String(Buffer.from(makeFill(0)([toDraft(of)], 1).octets))

  it.each<readonly [string, Entry]>([
    [
      "a name of a caller with everything in it",
      entry({ caller: { name: `"\n\u0000\u009b\u202e${"x".repeat(300)}`, account: "", scope: "verify" } })
    ],
    [
      "options with everything in them",
      entry({ question: new CallerQuestion({ ...asked, derivedDomain: `"\n\u2028\u009b\u202e${"y".repeat(300)}` }) })
    ],
    [
      "a proof type ten thousand times",
      entry({
        question: new CallerQuestion({
          ...asked,
          prooftypes: Array.from({ length: 10_000 }, () => "posh" as const)
        })
      })
    ],
    ["an indeterminate verdict", entry({ decision: decision(indeterminate) })],
    ["a verdict", entry()]
  ])("%s is one line of JSON of bounded length (POSH-SEC-14)", (_name, of) => {
    const line = lineOf(of)
    assert.strictEqual(line.indexOf("\n"), line.length - 1)
    assert.deepInclude(JSON.parse(line), { id: "0193" })
    assert.isBelow(line.length, 1_200)
    assert.notMatch(line.slice(0, -1), /[\p{C}\p{Zl}]/u)
  })

  it("says what each proof type says, also where nothing else has changed since the last answer", () => {
    const question = new CallerQuestion(asked)
    const proofsOf = (verdict: Decision["verdict"]) =>
      JSON.parse(lineOf(entry({ question, decision: decision(verdict) }))).answer
    const pkix = (code: "Verified" | "PkixPathInvalid") => [
      {
        prooftype: "pkix" as const,
        verdict: code === "Verified" ? "verified" as const : "certificate-invalid" as const,
        code
      },
      { prooftype: "posh" as const, verdict: "verified" as const, code: "Verified" as const }
    ]
    assert.isUndefined(proofsOf(verified).proofs)
    for (const code of ["PkixPathInvalid", "Verified"] as const) {
      assert.deepStrictEqual(proofsOf({ ...verified, proofs: pkix(code) }).proofs, pkix(code))
    }
    assert.strictEqual(proofsOf({ ...verified, prooftype: "dane" }).prooftype, "dane")
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

  it("keeps no text of an object that can still change", () => {
    const loose = { ...asked, deadlineMs: 1_000 }
    const question = new CallerQuestion(loose)
    const first = JSON.parse(lineOf(entry({ question })))
    loose.deadlineMs = 2_000
    const second = JSON.parse(lineOf(entry({ question: new CallerQuestion(loose) })))
    const again = JSON.parse(lineOf(entry({ question })))
    const deadlines = [first, second, again].map((line) => line.question.deadlineMs)
    assert.deepStrictEqual(deadlines, [1_000, 2_000, 1_000])
  })

  it("is written anew for another caller, answer or evidence, also of a question that is kept", () => {
    const question = new CallerQuestion(asked)
    const lines = [
      entry({ question }),
      entry({ question, decision: decision(indeterminate) }),
      entry({ question, caller: { name: "dev", account: "dev", scope: "verify" } }),
      entry({ question, decision: decision({ ...verified, basis: association }) }),
      entry({ question, decision: decision({ ...verified, basis: delivered("0c".repeat(32)) }) })
    ].map((of) => JSON.parse(lineOf(of)))
    assert.deepStrictEqual(lines.map(({ answer, caller }) => [caller, answer.code]), [
      ["ops", "Verified"],
      ["ops", "ConnectTimeout"],
      ["dev", "Verified"],
      ["ops", "Verified"],
      ["ops", "Verified"]
    ])
    assert.strictEqual(new Set(lines.slice(3).map(({ evidence }) => evidence)).size, 2)
  })

  it("has no digest where there is no document", () => {
    const { evidence, fetchedAt } = JSON.parse(
      lineOf(entry({ decision: decision({ ...verified, basis: undelivered }) }))
    )
    assert.deepStrictEqual([evidence, fetchedAt], [undefined, "2026-11-22T09:00:00.000Z"])
  })

  it("masks with a key of its own where none is given", () => {
    const [one, two] = [makeMask(["caller"], undefined), makeMask(["caller"], undefined)]
    assert.strictEqual(one("caller", "a"), one("caller", "a"))
    assert.notStrictEqual(one("caller", "a"), two("caller", "a"))
    assert.strictEqual(one("domain", "a"), "a")
  })
})
