/**
 * The honest caller: a few keep-alive connections and a few dozen questions per second, whose answers are known. It also
 * probes `/health/live`, as an orchestrator does.
 */
import { Agent } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import { exchange, type Reply } from "../exchange.ts"
import { ascending } from "../quantile.ts"

export interface KnownQuestion {
  readonly body: string
  /** The expected code. */
  readonly code: string
  /** Default `/v1/verify`. */
  readonly path?: string
}

export interface HonestResult {
  readonly asked: number
  /** Verdicts other than the known one, except `indeterminate`. */
  readonly wrong: number
  /** Verdicts `indeterminate`. */
  readonly undecided: number
  /** Responses 429 and 503. */
  readonly refused: number
  /** No response, or any other status. */
  readonly failed: number
  /** Latencies of answers in milliseconds, ascending. */
  readonly latencies: ReadonlyArray<number>
  /** Latencies of `/health/live` in milliseconds, ascending: they show how long the event loop was blocked. */
  readonly health: ReadonlyArray<number>
  /** The first few unexpected answers. */
  readonly samples: ReadonlyArray<string>
}

export interface HonestCaller {
  readonly port: number
  readonly key: string
  readonly known: ReadonlyArray<KnownQuestion>
  /** Milliseconds between an answer and the next question. */
  readonly pauseMs: number
}

const callers = 4
const probeMs = 25
const samplesKept = 3

/** Asks in turn until the signal. An idle connection that the service closed is reopened, as clients do. */
export const askHonestly = async (
  { key, known, pauseMs, port }: HonestCaller,
  signal: AbortSignal
): Promise<HonestResult> => {
  const agent = new Agent({ keepAlive: true, maxSockets: callers })
  const tally = { asked: 0, wrong: 0, undecided: 0, refused: 0, failed: 0, latencies: [] as Array<number> }
  const samples: Array<string> = []
  const note = (fault: "wrong" | "undecided" | "refused" | "failed", said: Reply, code: string) => {
    tally[fault] += 1
    if (samples.length < samplesKept) samples.push(`${fault}: ${said.status} ${said.body.slice(0, 300)}, not ${code}`)
  }
  const state = { turn: 0 }
  const ask = async () => {
    while (!signal.aborted) {
      const { body, code, path } = known[state.turn % known.length] ?? { body: "", code: "" }
      state.turn += 1
      tally.asked += 1
      const startedAt = performance.now()
      const answer = await post(agent, port, key, body, path)
      if (answer.status === 200) {
        tally.latencies.push(performance.now() - startedAt)
        if (answer.body.includes("\"verdict\":\"indeterminate\"")) note("undecided", answer, code)
        else if (!answer.body.includes(`"code":"${code}"`)) note("wrong", answer, code)
      } else note(answer.status === 429 || answer.status === 503 ? "refused" : "failed", answer, code)
      await sleep(pauseMs)
    }
  }
  const [health] = await Promise.all([probe(port, signal), ...Array.from({ length: callers }, ask)])
  agent.destroy()
  return { ...tally, latencies: ascending(tally.latencies), health, samples }
}

const probe = async (port: number, signal: AbortSignal): Promise<ReadonlyArray<number>> => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const times: Array<number> = []
  while (!signal.aborted) {
    const startedAt = performance.now()
    await exchange({ agent, port, path: "/health/live", retryStale: true })
    times.push(performance.now() - startedAt)
    await sleep(probeMs)
  }
  agent.destroy()
  return ascending(times)
}

/** One question. */
export const post = (
  agent: Agent,
  port: number,
  key: string,
  body: string,
  path = "/v1/verify"
): Promise<Reply> =>
  exchange({ agent, port, path, method: "POST", body, headers: { authorization: `Bearer ${key}` }, retryStale: true })
