/**
 * A caller as servers are: a few kept connections, a few dozen questions a second, whose answers are known beforehand.
 * Beside it a probe, as an orchestrator has, that asks whether the service lives.
 */
import { Agent, request, type RequestOptions } from "node:http"

export interface Known {
  readonly body: string
  /** That stands in the answer. */
  readonly code: string
  /** Default `/v1/verify`. */
  readonly path?: string
}

export interface Honesty {
  readonly asked: number
  /** Verdicts other than the known one, but for `indeterminate`. */
  readonly wrong: number
  /** `indeterminate`: could not find out in time. */
  readonly undecided: number
  /** 429 and 503. */
  readonly refused: number
  /** No answer, or any other status. */
  readonly failed: number
  /** Of answers, in milliseconds, ascending. */
  readonly latencies: ReadonlyArray<number>
  /** Of `/health/live`, in milliseconds, ascending: for how long the event loop does nothing else. */
  readonly health: ReadonlyArray<number>
  /** The first few that were not as known. */
  readonly samples: ReadonlyArray<string>
}

export interface HonestCaller {
  readonly port: number
  readonly key: string
  readonly known: ReadonlyArray<Known>
  /** Milliseconds between an answer and the next question. */
  readonly pauseMs: number
}

const callers = 4
const probeMs = 25
const samplesKept = 3

/** Asks in turn until the signal comes; an idle connection that the service closed is opened again, as clients do. */
export const askHonestly = async (
  { key, known, pauseMs, port }: HonestCaller,
  signal: AbortSignal
): Promise<Honesty> => {
  const agent = new Agent({ keepAlive: true, maxSockets: callers })
  const tally = { asked: 0, wrong: 0, undecided: 0, refused: 0, failed: 0, latencies: [] as Array<number> }
  const samples: Array<string> = []
  const note = (fault: "wrong" | "undecided" | "refused" | "failed", said: Answer, code: string) => {
    tally[fault] += 1
    if (samples.length < samplesKept) samples.push(`${fault}: ${said.status} ${said.text.slice(0, 300)}, not ${code}`)
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
        if (answer.text.includes("\"verdict\":\"indeterminate\"")) note("undecided", answer, code)
        else if (!answer.text.includes(`"code":"${code}"`)) note("wrong", answer, code)
      } else note(answer.status === 429 || answer.status === 503 ? "refused" : "failed", answer, code)
      await pause(pauseMs)
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
    await send({ agent, port, host: "127.0.0.1", path: "/health/live" })
    times.push(performance.now() - startedAt)
    await pause(probeMs)
  }
  agent.destroy()
  return ascending(times)
}

const ascending = (times: ReadonlyArray<number>) => times.toSorted((left, right) => left - right)

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

export interface Answer {
  /** 0 where there was none. */
  readonly status: number
  readonly text: string
}

/** One question. */
export const post = (
  agent: Agent,
  port: number,
  key: string,
  body: string,
  path = "/v1/verify"
): Promise<Answer> =>
  send({
    agent,
    port,
    host: "127.0.0.1",
    path,
    method: "POST",
    headers: {
      "authorization": `Bearer ${key}`,
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body)
    }
  }, body)

const send = (options: RequestOptions, body = "", again = true): Promise<Answer> =>
  new Promise((resolve) => {
    const outgoing = request(options, (response) => {
      const chunks: Array<Buffer> = []
      response.on("data", (chunk: Buffer) => chunks.push(chunk))
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }))
      response.on("error", ({ message }) => resolve({ status: 0, text: message }))
    })
    outgoing.on(
      "error",
      ({ message }) =>
        again && outgoing.reusedSocket
          ? resolve(send(options, body, false))
          : resolve({ status: 0, text: message })
    )
    outgoing.end(body)
  })
