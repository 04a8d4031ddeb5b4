/** One question about the greenhouse's certificate, over a web without a network. */
import { assert } from "@effect/vitest"
import { greenhouse } from "@posh/testing"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import type { Verdict } from "../src/verdict/Verdict.ts"
import { Verifier } from "../src/Verifier.ts"
import { recallBy, verifyBy } from "./asking.ts"

export const rfc = "https://chat.orchard.example/.well-known/posh/xmpp-server.json"
export const draft = "https://chat.orchard.example/.well-known/posh._xmpp-server._tcp.json"
export const next = Buffer.from(greenhouse.next).toString("base64")
export const question = {
  domain: "chat.orchard.example",
  service: "xmpp-server",
  certificate: Buffer.from(greenhouse.current).toString("base64")
}
export const fingerprints = (expires: number) => ({ ...greenhouse.fingerprints, expires })
/** Material that the certificate in question is not among. */
export const onlyNext = { fingerprints: [greenhouse.fingerprints.fingerprints[0]], expires: 86_400 }

/** Whatever memory gives at once is what the ordinary way gives as well. */
export const ask = (more: object = {}) =>
  Effect.gen(function*() {
    const verifier = yield* Verifier
    const atOnce = recallBy(verifier, { ...question, ...more })
    const verdict = yield* verifyBy(verifier, { ...question, ...more })
    if (atOnce !== undefined) assert.deepStrictEqual(told(atOnce), told(verdict))
    return `${verdict.code} ${verdict.cache ?? "-"}`
  })

const told = (verdict: Verdict) => ({ ...verdict, evidence: verdict.evidence })

export const at = (instant: string) => TestClock.setTime(Date.parse(instant))
export const start = at("2026-07-01T00:00:00Z")
