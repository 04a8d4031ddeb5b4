/** Exhausts the budget of a hosting provider by redirects from many hosts, while its tenants need it. */
import { Behave, referenceDocument } from "@posh/testing"
import { Effect } from "effect"
import { rfcPath } from "../../question.ts"
import { atMost, type Attack } from "../Attack.ts"
import { askSlowly, counter, keep, post, questionAbout } from "../connections.ts"
import { document, perMinute, question, requestsAt, secondsSince } from "../hosts.ts"

const provider = "docs.provider.example"
const documentUrl = `https://${provider}/posh.json`
/** More than an honest caller asks about during the attack. */
const tenants = 2_000
/** Nearly the budget of one site per minute (POSH-SEC-12). */
const usedUp = 590
/** Tolerance for requests under way when the attack ends. */
const slack = 30

/** The budget of a site for twenty seconds. */
const connections = 200
/** Between a refusal and the next question: the attack is on the budget of the site, not on the CPU. */
const pauseMs = 1_000

const next = counter()

export const siteBudget: Attack = {
  title: "Budget of a hosting provider",
  description:
    `${connections} connections that ask about ever new names of two sites, which all redirect to a document at the provider of ` +
    "others; the honest caller asks about tenants of the provider that are not remembered",
  unit: "questions",
  run: ({ key, port }, signal) =>
    keep(
      port,
      connections, // not scaled: fewer would not exhaust the budget
      signal,
      askSlowly(pauseMs, () => {
        const number = next()
        return post(key, "/v1/verify", questionAbout(`n${number}.attacker-${number % 2}.example`, 10_000))
      })
    ),
  scene: ({ certificate, origins }) =>
    Effect.sync(() => {
      const startedAt = performance.now()
      origins.setRoute(provider, "/posh.json", document(certificate))
      origins.setFallback((host, path) => {
        if (path !== rfcPath) return undefined
        if (host.includes(".attacker-")) return Behave.redirect(documentUrl)
        return host.startsWith("tenant-") ? Behave.json(referenceDocument(documentUrl, 86_400)) : undefined
      })
      return {
        honest: Array.from({ length: tenants }, (_, index) => question(`tenant-${index}.example`, certificate)),
        isUnderWay: () => origins.countOf(provider) >= usedUp,
        bounds: { rss: 600, health: 1_000 },
        check: () =>
          Promise.resolve(
            atMost(
              "requests at the provider",
              requestsAt(origins, "provider.example"),
              perMinute(600, secondsSince(startedAt)) + slack
            )
          )
      }
    })
}
