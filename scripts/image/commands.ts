/** Timed steps, polling and assertions. */

/** Runs a step and prints its duration. */
export const step = <A>(name: string, run: () => A): A => {
  const startedAt = performance.now()
  const result = run()
  console.log(`${name}: ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`)
  return result
}

/** Polls every 50 ms for up to two minutes. */
export const until = async (what: string, condition: () => boolean | Promise<boolean>): Promise<void> => {
  for (let attempts = 0; attempts < 2_400; attempts += 1) {
    if (await condition()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`waited in vain: ${what}`)
}

export const expect = (what: string, holds: boolean, details: unknown = ""): void => {
  if (!holds) throw new Error(`${what}: ${typeof details === "string" ? details : JSON.stringify(details, null, 2)}`)
}

/** Status and body; status 0 without a response. */
export const get = (url: string, headers: Readonly<Record<string, string>> = {}) =>
  fetch(url, { headers }).then(
    async (response) => ({ status: response.status, body: await response.text() }),
    (error: Error) => ({ status: 0, body: String(error.cause ?? error) })
  )
