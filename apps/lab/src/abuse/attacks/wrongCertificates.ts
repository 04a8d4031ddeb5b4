/** Presents wrong certificates for a domain of the draft generation with a slow origin. */
import { Behave, jwkSetDocument, selfSigned } from "@posh/testing"
import { Effect } from "effect"
import { draftPath } from "../../question.ts"
import { atMost, type Attack, combine, expectCode } from "../Attack.ts"
import { askSlowly, keep, post } from "../connections.ts"
import { question } from "../hosts.ts"

const domain = "draft.example"
const delayMs = 300
/** Both generations: once before, once in 60 s because of a mismatch (POSH-MAT-43), and once of tolerance. */
const requestsOfStorm = 6

export const wrongCertificates: Attack = {
  title: "Storm of wrong certificates",
  description:
    "4 connections that show a wrong certificate, ten times a second each, for a domain that publishes a JWK Set " +
    `alone and takes ${delayMs} ms to answer`,
  unit: "questions",
  run: ({ payloads: [body = ""], key, port }, signal) =>
    keep(port, 4, signal, askSlowly(100, () => post(key, "/v1/verify", body))),
  scene: ({ certificate, origins }) =>
    Effect.gen(function*() {
      const wrong = yield* selfSigned({ dnsNames: ["wrong.example"] })
      const jwkSet = jwkSetDocument([certificate])
      origins.setFallback((host) => host === domain ? Behave.json({}, { status: 404, delayMs }) : undefined)
      origins.setRoute(domain, draftPath, Behave.json(jwkSet, { delayMs }))
      origins.setRoute(domain, "/.well-known/posh._xmpp-client._tcp.json", Behave.json(jwkSet))
      const known = question(domain, certificate)
      return {
        payloads: [question(domain, wrong, "CertificateMismatch").body],
        warmUp: [known],
        honest: [known, question(domain, wrong, "CertificateMismatch")],
        bounds: { rss: 600, health: 1_000 },
        check: async (ask) => {
          const asked = origins.countOf(domain)
          const other = await ask(question(domain, certificate, "", { service: "xmpp-client" }).body)
          return combine(
            atMost("requests at the origin", asked, requestsOfStorm),
            expectCode("another service of the domain, not remembered", other.code, "Verified")
          )
        }
      }
    })
}
