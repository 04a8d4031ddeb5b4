/** Publishes JWK Sets of certificates with hundreds of names. */
import { Behave, jwkSetDocument, selfSigned } from "@posh/testing"
import { Effect } from "effect"
import { draftPath } from "../../question.ts"
import type { Attack } from "../Attack.ts"
import { askAgain, counter, keep, post, questionAbout } from "../connections.ts"

const leaves = 32
const addresses = 250

const next = counter()

export const manyNames: Attack = {
  title: "JWK Sets of many names",
  description:
    `8 connections that ask about ever new names of two sites, each with ${leaves} certificates of ${addresses} XMPP ` +
    "addresses",
  unit: "questions",
  run: ({ key, port }, signal, scale) =>
    keep(
      port,
      8 * scale,
      signal,
      askAgain(() => {
        const number = next()
        return post(key, "/v1/verify", questionAbout(`n${number}.attacker-${number % 2}.example`, 5_000))
      })
    ),
  scene: ({ origins }) =>
    Effect.gen(function*() {
      const first = yield* selfSigned({ dnsNames: ["leaf.example"] })
      const others = yield* Effect.forEach(Array.from({ length: leaves }), () =>
        selfSigned({
          keys: first.keys,
          subject: "CN=l",
          // Short, so that the document is within its limit, and non-ASCII, so that IDNA mapping is needed.
          xmppAddrs: Array.from({ length: addresses }, (__, index) => `${index.toString(36)}é`)
        }))
      const text = Behave.json(jwkSetDocument(others))
      origins.setFallback((host, path) => host.includes(".attacker-") && path === draftPath ? text : undefined)
      return { bounds: { rss: 700, health: 1_000 }, isUnderWay: () => origins.requests.length >= 20 }
    })
}
