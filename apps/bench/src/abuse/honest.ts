/**
 * A caller as servers are: a few kept connections, a few dozen questions a second, whose answers are known beforehand.
 */
import { Agent, request } from "node:http"

export interface Known {
  readonly body: string
  readonly code: string
}

export interface Honesty {
  readonly asked: number
  /** Verdicts other than the known one, but for `indeterminate`. */
  readonly wrong: number
  /** `indeterminate`: could not find out in time. Of what is known only a mismatch is asked again, once a minute. */
  readonly undecided: number
  /** 429 and 503. */
  readonly refused: number
  /** No answer, or any other status. */
  readonly failed: number
  /** Of answers, in milliseconds, ascending. */
  readonly latencies: ReadonlyArray<number>
}

const callers = 4
const pauseMs = 25

/** Asks in turn until the signal comes; an idle connection that the service closed is opened again, as clients do. */
export const askHonestly = async (
  port: number,
  key: string,
  known: ReadonlyArray<Known>,
  signal: AbortSignal
): Promise<Honesty> => {
  const agent = new Agent({ keepAlive: true, maxSockets: callers })
  const tally = { asked: 0, wrong: 0, undecided: 0, refused: 0, failed: 0, latencies: [] as Array<number> }
  await Promise.all(Array.from({ length: callers }, async (_, caller) => {
    for (let turn = caller; !signal.aborted; turn += 1) {
      const { body, code } = known[turn % known.length] ?? { body: "", code: "" }
      const startedAt = performance.now()
      tally.asked += 1
      const answer = await ask(agent, port, key, body)
      if (answer.status === 200) {
        tally.latencies.push(performance.now() - startedAt)
        if (answer.text.includes("\"verdict\":\"indeterminate\"")) tally.undecided += 1
        else if (!answer.text.includes(`"code":"${code}"`)) tally.wrong += 1
      } else if (answer.status === 429 || answer.status === 503) tally.refused += 1
      else tally.failed += 1
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }))
  agent.destroy()
  tally.latencies.sort((left, right) => left - right)
  return tally
}

const ask = (
  agent: Agent,
  port: number,
  key: string,
  body: string,
  again = true
): Promise<{ status: number; text: string }> =>
  new Promise((resolve) => {
    const outgoing = request({
      agent,
      port,
      host: "127.0.0.1",
      method: "POST",
      path: "/v1/verify",
      headers: {
        "authorization": `Bearer ${key}`,
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body)
      }
    }, (response) => {
      const chunks: Array<Buffer> = []
      response.on("data", (chunk: Buffer) => chunks.push(chunk))
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }))
      response.on("error", () => resolve({ status: 0, text: "" }))
    })
    outgoing.on(
      "error",
      () =>
        again && outgoing.reusedSocket ? resolve(ask(agent, port, key, body, false)) : resolve({ status: 0, text: "" })
    )
    outgoing.end(body)
  })
