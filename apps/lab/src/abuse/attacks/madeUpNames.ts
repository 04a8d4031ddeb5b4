/** Asks about invented names below the site of a victim. */
import { makeDns } from "@posh/testing"
import { Effect } from "effect"
import { rfcPath } from "../../question.ts"
import { atMost, type Attack } from "../Attack.ts"
import { askSlowly, counter, keep, post, questionAbout } from "../connections.ts"
import { document, perMinute, question, requestsAt, secondsSince } from "../hosts.ts"

const site = "victim.example"
/** Nearly the budget of one site per minute (POSH-SEC-12). */
const usedUp = 590
const chats = 200

/** The budget of a site for twenty seconds. */
const connections = 200
/** Between a refusal and the next question: the attack is on the budget of the site, not on the CPU. */
const pauseMs = 1_000

const next = counter()

const run: Attack["run"] = ({ key, port }, signal) =>
  keep(
    port,
    connections, // not scaled: fewer would not exhaust the budget
    signal,
    askSlowly(pauseMs, () => post(key, "/v1/verify", questionAbout(`made-up-${next()}.${site}`, 10_000)))
  )

export const madeUpNames: Attack = {
  title: "Made-up names below a site",
  description:
    `${connections} connections that ask about ever new names below a site, none of which exists in DNS; the honest caller asks ` +
    "about names below it that exist, publish, and are not remembered",
  unit: "questions",
  run,
  scene: ({ certificate, origins }) =>
    Effect.gen(function*() {
      const names = Array.from({ length: chats }, (_, index) => `chat-${index}.${site}`)
      for (const name of names) origins.setRoute(name, rfcPath, document(certificate))
      // All other names are looked up in DNS and do not exist.
      const dns = yield* makeDns()
      const listed = ["hosted.example", "silent.example", ...names]
      return {
        env: {
          POSH_DNS_SERVERS: dns.server,
          POSH_CONNECT_TO: listed.map((name) => `${name}:443=127.0.0.1:${origins.port}`).join(",")
        },
        honest: names.map((name) => question(name, certificate)),
        pauseMs: 100,
        isUnderWay: () => new Set(dns.queries.map(({ name }) => name)).size >= usedUp,
        bounds: { rss: 600, health: 1_000 }
      }
    })
}

/** Seconds: short, so that each name is resolved again during the attack, within the 30 requests per minute of one domain. */
const expires = 5
const known = ["chat", "rooms", "upload"].map((name) => `${name}.${site}`)

export const wildcardNames: Attack = {
  title: "Names below a wildcard",
  description:
    `${connections} connections that ask about ever new names below a site, which all exist, by a wildcard in DNS, and publish ` +
    "nothing; the honest caller asks about names below it that had material before, which ends and is asked for again",
  unit: "questions",
  run,
  scene: ({ certificate, origins }) =>
    Effect.sync(() => {
      const startedAt = performance.now()
      for (const name of known) origins.setRoute(name, rfcPath, document(certificate, expires))
      origins.setFallback(() => undefined)
      const honest = known.map((name) => question(name, certificate))
      return {
        honest,
        warmUp: honest,
        isUnderWay: () => requestsAt(origins, site) >= usedUp,
        bounds: { rss: 600, health: 1_000 },
        check: () =>
          Promise.resolve(
            atMost("requests at the site", requestsAt(origins, site), perMinute(600, secondsSince(startedAt)) + 30)
          )
      }
    })
}
