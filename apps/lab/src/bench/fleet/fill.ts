/**
 * Asks a service every question once, in batches, so that it knows all domains and all certificates. An answer that is not
 * `verified` ends the measurement.
 */
import type { AnyQuestion } from "./Fleet.ts"

const batch = 500

export const fill = async (port: number, questions: ReadonlyArray<AnyQuestion>): Promise<void> => {
  for (let at = 0; at < questions.length; at += batch) await ask(port, questions.slice(at, at + batch))
}

const ask = async (port: number, requests: ReadonlyArray<AnyQuestion>): Promise<void> => {
  const response = await fetch(`http://127.0.0.1:${port}/v1/verify/batch`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ requests })
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`the batch was refused: ${text.slice(0, 300)}`)
  const { results = [] } = JSON.parse(text) as Answer
  if (results.length !== requests.length) throw new Error(`no results: ${text.slice(0, 300)}`)
  const wrong = results.findIndex(({ answer }) => answer?.verdict !== "verified")
  if (wrong >= 0) throw new Error(`${requests[wrong]?.domain}: ${JSON.stringify(results[wrong])}`)
}

interface Answer {
  readonly results?: ReadonlyArray<{ readonly answer?: { readonly verdict: string } }>
}
