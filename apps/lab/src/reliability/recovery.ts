/** Checks that the fleet has recovered, by its API: readiness, the shared cache, and purges. */
import { Effect } from "effect"
import { toBody } from "../question.ts"
import { knownAnswers } from "./answers.ts"
import { type Fleet, purge, readiness } from "./fleet.ts"
import { request } from "./request.ts"
import type { World } from "./world.ts"

/** Milliseconds within which a purge reaches all replicas (docs/guides/fleet.md). */
const reachMs = 100

/** The first fault found, or `undefined`. */
export const findFault = (world: World, { ports }: Fleet, attempt: string): Effect.Effect<string | undefined> =>
  Effect.gen(function*() {
    for (const port of ports) {
      const state = yield* readiness(port)
      if (state !== "ready") return `a replica is ${state}`
    }
    for (const [index, port] of ports.entries()) {
      const other = ports[(index + 1) % ports.length] ?? 0
      const fault = yield* findSharingFault(world, port, other, `whole-${attempt}-${index}.example`)
      if (fault !== undefined) return fault
    }
    return undefined
  })

/** An entry that `one` stores must reach `other`, and a purge on `one` too. */
const findSharingFault = Effect.fnUntraced(function*(world: World, one: number, other: number, domain: string) {
  const [before, after] = world.certificates
  if (before === undefined || after === undefined) return "there are no certificates"
  world.publish(domain, before)
  const steps = [
    [one, before, `${knownAnswers.verified} miss`],
    [other, before, `${knownAnswers.verified} redis`],
    [other, before, `${knownAnswers.verified} memory`]
  ] as const
  for (const [port, certificate, expected] of steps) {
    const said = yield* ask(port, domain, certificate)
    if (said !== expected) return `${domain}: ${said} in place of ${expected}`
  }
  world.publish(domain, after)
  yield* purge(one, domain)
  yield* Effect.sleep(reachMs)
  const said = yield* ask(other, domain, before)
  return said.startsWith(knownAnswers.mismatch) ? undefined : `${domain}, purged: ${said}`
})

const ask = (port: number, domain: string, certificate: { readonly pem: string }) =>
  Effect.map(request(port, "POST", "/v1/verify", toBody(domain, certificate)), ({ body, status }) => {
    if (status !== 200) return `status ${status}`
    const { cache, code, verdict } = JSON.parse(body)
    return `${verdict} ${code} ${cache}`
  })

/** Reads the whole inventory, which removes stale index members, and compares it with the entries in Redis. */
export const disagreements = (
  { ports: [port = 0] }: Fleet,
  commandAll: (...words: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<string>>
): Effect.Effect<ReadonlyArray<string>> =>
  Effect.gen(function*() {
    const listed = yield* inventory(port)
    const keys = yield* commandAll("KEYS", "posh:v1:association:*")
    const members = (yield* commandAll("ZRANGE", "posh:v1:expiry", "0", "-1"))
      .map((member) => `posh:v1:association:${member}`)
    return [
      ...keys.filter((key) => !members.includes(key)).map((key) => `${key} is not in the index`),
      ...members.filter((key) => !keys.includes(key)).map((key) => `${key} is in the index, and nowhere else`),
      ...(listed === keys.length ? [] : [`${listed} listed of ${keys.length}`])
    ]
  })

const inventory = (port: number, cursor?: string): Effect.Effect<number> =>
  Effect.flatMap(
    request(port, "GET", `/v1/associations?limit=100${cursor === undefined ? "" : `&cursor=${cursor}`}`),
    ({ body }) => {
      const page = JSON.parse(body)
      const count: number = page.associations.length
      return page.cursor === undefined
        ? Effect.succeed(count)
        : Effect.map(inventory(port, encodeURIComponent(page.cursor)), (rest) => count + rest)
    }
  )
