/** Makes the service check invalid chains for each question of a batch. */
import { Behave, type Certificate, issue, jwkSetDocument, rootCa } from "@posh/testing"
import { Effect } from "effect"
import { draftPath } from "../../question.ts"
import type { Attack } from "../Attack.ts"
import { askSlowly, keep, post } from "../connections.ts"
import { question } from "../hosts.ts"

const domain = "chains.attacker.example"
const entries = 32
const intermediates = 8
const questions = 450

export const chainChecks: Attack = {
  title: "Batches of chain checks",
  description:
    `batch after batch of ${questions} different questions with \`chainCheck: "require"\`, about a domain that ` +
    `publishes ${entries} times ten certificates that are no chain`,
  unit: "batches",
  run: ({ payloads: [batch = ""], key, port }, signal) =>
    keep(port, 1, signal, askSlowly(20, () => post(key, "/v1/verify/batch", batch))),
  scene: ({ origins }) =>
    Effect.gen(function*() {
      const root = yield* rootCa()
      const chain: Array<Certificate> = [root]
      for (let index = 0; index < intermediates; index += 1) {
        chain.unshift(yield* issue(chain[0]!, { ca: true, subject: `CN=i${index}` }))
      }
      // Signed by another key than that of the issuer it names.
      const leaf = yield* Effect.flatMap(
        rootCa({ subject: `CN=i${intermediates - 1}` }),
        (stranger) => issue(stranger, { dnsNames: [domain] })
      )
      const [key] = jwkSetDocument([{ ...leaf, issuers: chain }], { withChain: true }).keys
      origins.setRoute(domain, draftPath, Behave.json({ keys: Array.from({ length: entries }, () => key) }))
      const ask = (deadlineMs: number) => question(domain, leaf, "ChainInvalid", { chainCheck: "require", deadlineMs })
      const requests = Array.from({ length: questions }, (_, index) => ask(10_000 - index).body)
      return {
        payloads: [`{"requests":[${requests.join()}]}`],
        warmUp: [ask(10_000)],
        bounds: { rss: 700, health: 1_000 }
      }
    })
}
