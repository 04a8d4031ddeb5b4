/**
 * Workers that are killed under load: no wrong answer, and none lost but those of the killed process. Numbers never go
 * backwards, and the end is in order.
 */
import { assert, it } from "@effect/vitest"
import type { Answer } from "@posh/api"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import {
  type Asked,
  childrenOf,
  coldDomains,
  get,
  isAlive,
  makeCaller,
  makeWorld,
  peersOf,
  slowDomain,
  startWorkers,
  sumOf,
  untilState,
  warmDomains
} from "./world.ts"

/** However busy the machine is. */
const untilVerified = ({ ask }: ReturnType<typeof makeCaller>, domain: string) =>
  Effect.promise(() => ask(domain)).pipe(
    Effect.tap(({ answer }) => Effect.sleep(answer?.valid === true ? 0 : 500)),
    Effect.repeat({ until: ({ answer }) => answer?.valid === true }),
    Effect.timeout("60 seconds")
  )

it.live("workers are killed under load, one after the other, and then all are stopped", () =>
  Effect.gen(function*() {
    const { certificate, env, place } = yield* makeWorld
    const decisions = place("decisions.ndjson")
    const service = yield* startWorkers({ ...env, POSH_OPS_PORT: "0", POSH_DECISION_LOG: decisions })
    const { child, ended, opsPort, output, port } = service
    const callers = Array.from({ length: 12 }, () => makeCaller(port, certificate.pem))
    for (const domain of warmDomains) yield* untilVerified(callers[0]!, domain)
    const asked: Array<Asked> = []
    const state = { isAsking: true }
    const load = Promise.all(callers.map(async ({ ask }, index) => {
      for (let turn = index; state.isAsking; turn += 1) {
        const cold = turn % 20 === 0 ? coldDomains[(turn / 20) % coldDomains.length] : undefined
        asked.push(await ask(cold ?? warmDomains[turn % warmDomains.length] ?? ""))
      }
    }))
    const verified = Effect.map(get(opsPort, "/metrics"), ({ text }) =>
      sumOf(text, `posh_verdicts_total{verdict="verified"`) || Number.NaN)
    const until = (answers: number) =>
      Effect.suspend(() =>
        Effect.sleep(asked.length >= answers ? 0 : 20)
      ).pipe(
        Effect.repeat({ until: () => asked.length >= answers })
      )

    yield* until(100)
    const victims = new Set<number>()
    let shown = yield* verified
    for (const round of [1, 2]) {
      const [victim = 0, ...others] = childrenOf(child.pid).filter(isAlive)
      assert.lengthOf(others, 1)
      const peers = peersOf(victim)
      assert.isAbove(peers.size, 0, "it has connections")
      for (const peer of peers) victims.add(peer)
      process.kill(victim, "SIGKILL")
      yield* until(asked.length + 100)
      const now = yield* verified
      assert.isAtLeast(now, shown, "counters do not go backwards")
      shown = now
      yield* untilState(opsPort, "ready")
      const { text } = yield* get(opsPort, "/metrics")
      assert.strictEqual(sumOf(text, `posh_worker_restarts_total{reason="signal"}`), round)
      assert.strictEqual(sumOf(text, "posh_workers "), 2)
    }
    state.isAsking = false
    yield* Effect.promise(() => load)

    const answers = asked.flatMap(({ answer }) => answer ?? [])
    const no = answers.filter(({ valid }) => !valid)
    // The origins run in this process: if the machine is busy, one may be unreachable for a question that must ask it.
    const isUnknown = ({ domain, verdict }: Answer) => verdict === "indeterminate" && domain.startsWith("cold")
    assert.deepStrictEqual(no.filter((answer) => !isUnknown(answer)), [], "no wrong answer")
    assert.isBelow(no.length, answers.length / 10)
    const lost = asked.filter(({ answer }) => answer === undefined)
    assert.isAbove(lost.length, 0, "the test does interrupt questions")
    assert.deepStrictEqual(lost.filter(({ localPort = 0 }) => !victims.has(localPort)), [], "none of another process")
    assert.match(output.stdout, /worker \d ended \(signal SIGKILL\); another starts in \d\.\d s/)

    // The end: what is in progress is answered, on both workers.
    const slow = Promise.all(callers.map(({ ask }) => ask(slowDomain)))
    yield* Effect.sleep("500 millis")
    child.kill("SIGTERM")
    const last = yield* Effect.promise(() => slow)
    assert.deepStrictEqual(last.filter(({ answer }) => answer?.domain !== slowDomain), [])
    assert.strictEqual(yield* Effect.promise(() => ended), 0)
    assert.match(output.stdout, /"stopping \(SIGTERM\)"/)
    assert.match(output.stdout, /"stopped after \d+\.\d s"/)
    assert.strictEqual(output.stdout.match(/"stopping/g)?.length, 1, "the parent speaks for all")
    assert.strictEqual(output.stderr, "")
    for (const { close } of callers) close()

    // Two processes append to one file, and no line is torn but the last of a killed one.
    const lines = readFileSync(decisions, "utf8").trimEnd().split("\n")
    const ids = new Set(lines.map((line) => (JSON.parse(line) as { readonly id: string }).id))
    assert.strictEqual(ids.size, lines.length)
    const unlogged = last.filter(({ answer }) => !ids.has(answer?.id ?? ""))
    assert.deepStrictEqual(unlogged, [], "the drain writes the last records")
  }), 300_000)
