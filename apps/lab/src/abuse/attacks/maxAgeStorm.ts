/** Asks with `maxAge: 0` at a high rate. */
import { Behave } from "@posh/testing"
import { Effect } from "effect"
import { rfcPath } from "../../question.ts"
import { atMost, type Attack, combine, expectCode } from "../Attack.ts"
import { askSlowly, counter, keep, post } from "../connections.ts"
import { document, question } from "../hosts.ts"

const [sick, sound] = ["sick.example", "sound.example"] as const
/** Seconds. The first back-off is 30 s ± 20 %, the second 60 s (POSH-CAC-31). */
const firstBackOff = 40
/** Both generations: at most twice during the attack (POSH-CAC-32: once in 10 s), and once before it. */
const requestsOfStorm = 6

const next = counter()

export const maxAgeStorm: Attack = {
  title: "Storm of `maxAge: 0`",
  description:
    "4 connections that ask with `maxAge: 0`, 20 times a second each, about an origin that answers 503 and about one " +
    "that is sound",
  unit: "questions",
  run: ({ payloads, key, port }, signal) =>
    keep(port, 4, signal, askSlowly(50, () => post(key, "/v1/verify", payloads[next() % payloads.length] ?? ""))),
  scene: ({ certificate, origins }) =>
    Effect.sync(() => {
      origins.setFallback((host) => host === sick ? Behave.status(503) : undefined)
      origins.setRoute(sound, rfcPath, document(certificate))
      origins.setRoute(sound, "/.well-known/posh/xmpp-client.json", document(certificate))
      const [ofSick, ofSound] = [question(sick, certificate, "ServerError"), question(sound, certificate)]
      const known = question("hosted.example", certificate)
      return {
        payloads: [sick, sound].map((domain) => question(domain, certificate, "", { maxAge: 0 }).body),
        warmUp: [ofSound, ofSick],
        honest: [known, ofSound],
        bounds: { rss: 600, health: 1_000 },
        check: async (ask) => {
          const [atSick, atSound] = [origins.countOf(sick), origins.countOf(sound)]
          const { code, retryAfterMs = 0 } = await ask(ofSick.body)
          const other = await ask(question(sound, certificate, "", { service: "xmpp-client" }).body)
          return combine(
            atMost("requests at the origin that answers 503", atSick, requestsOfStorm),
            atMost("requests at the one that is sound", atSound, requestsOfStorm),
            expectCode("about the former", code, "ServerError"),
            atMost("its back-off, in seconds", Math.ceil(retryAfterMs / 1_000), firstBackOff),
            expectCode("another service of the latter, not remembered", other.code, "Verified")
          )
        }
      }
    })
}
