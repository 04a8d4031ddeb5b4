/** A client over a `fetch` in this process. */
import { Effect } from "effect"
import { type ClientSettings, makeVerifyClient } from "../../src/client/effect.ts"
import { certificateOf } from "./answers.ts"
import { type Call, fakeFetch, inTime, type Respond } from "./fakeFetch.ts"

export const endpoints = ["https://a.example", "https://b.example"]
export const question = { domain: "hosted.example", service: "xmpp-server", certificate: certificateOf(0) }
export const other = (number: number) => ({ ...question, certificate: certificateOf(number) })

export const make = Effect.fnUntraced(function*(respond: Respond, settings: Partial<ClientSettings> = {}) {
  const { calls, fetch } = fakeFetch(respond)
  const client = yield* makeVerifyClient({ endpoints: endpoints.slice(0, 1), fetch, ...settings })
  return { calls, client }
})

export const all = <A, E>(effects: ReadonlyArray<Effect.Effect<A, E>>) =>
  Effect.all(effects, { concurrency: "unbounded" })
export const hosts = (calls: ReadonlyArray<Call>) => calls.map(({ url }) => url.host)
export const codeOf = <A>(effect: Effect.Effect<A, { readonly fault: { readonly code: string } }>) =>
  inTime(Effect.map(Effect.flip(effect), ({ fault }) => fault.code), 50)
