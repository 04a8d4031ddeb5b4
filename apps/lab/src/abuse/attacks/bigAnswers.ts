/** Sends batches whose answers are hundreds of times as large, and reads them at full speed. */
import { Behave, hashBase64 } from "@posh/testing"
import { Effect } from "effect"
import { Agent, request } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import { rfcPath } from "../../question.ts"
import type { Attack, Target } from "../Attack.ts"
import { question } from "../hosts.ts"

const domain = "large.attacker.example"
const readers = 3
const questions = 1_000
/** Questions of the honest batch, whose answer has about 7 MB. */
const fewer = 100

export const bigAnswers: Attack = {
  title: "Batches with big answers",
  description:
    `${readers} connections that ask batch after batch of ${questions} equal questions with evidence, about a domain ` +
    "with 64 descriptors, a hundred lints and ten redirects of 2,000 octets, and read the answers",
  unit: "batches",
  run: async (target, signal) => {
    const agent = new Agent({ keepAlive: true, localAddress: "127.0.0.2" })
    const counts = { done: 0, cut: 0 }
    await Promise.all(Array.from({ length: readers }, async () => {
      while (!signal.aborted) {
        counts.done += 1
        if (await read(agent, target, signal) === "cut") counts.cut += 1
        await sleep(50)
      }
    }))
    agent.destroy()
    return { done: counts.done, faults: counts.cut === 0 ? [] : [`${counts.cut} answers that were read broke off`] }
  },
  scene: ({ certificate, origins }) =>
    Effect.sync(() => {
      const fingerprints = Array.from({ length: 64 }, (_, index) => ({
        "sha-256": hashBase64("sha-256", index === 0 ? certificate.der : Buffer.of(index)),
        [`unknown-hash-${index}`]: "x",
        [`another-hash-${index}`]: "x"
      }))
      const document = Behave.json({ fingerprints, expires: 86_400 })
      origins.setFallback((host, path) => {
        if (host !== domain) return undefined
        const hop = path === rfcPath ? 0 : Number(/^\/hop-(\d+)-/.exec(path)?.[1] ?? 0)
        return hop === 10 ? document : Behave.redirect(`/hop-${hop + 1}-${"x".repeat(1_950)}`)
      })
      const asked = JSON.stringify({
        domain,
        service: "xmpp-server",
        fingerprint: { "sha-256": fingerprints[0]?.["sha-256"] },
        explain: true
      })
      const batch = (count: number) => `{"requests":[${Array.from({ length: count }, () => asked).join()}]}`
      const known = question("hosted.example", certificate)
      return {
        payloads: [batch(questions)],
        warmUp: [question(domain, certificate)],
        honest: [known, known, known, known, { body: batch(fewer), code: "Verified", path: "/v1/verify/batch" }],
        bounds: { rss: 700, health: 1_000 }
      }
    })
}

/** `cut` only for a truncated answer, not for a refused request or one that the signal aborted. */
const read = (agent: Agent, target: Target, signal: AbortSignal): Promise<"whole" | "cut" | "refused"> =>
  new Promise((resolve) => {
    const { payloads: [body = ""], key, port } = target
    const outgoing = request({
      agent,
      port,
      host: "127.0.0.1",
      method: "POST",
      path: "/v1/verify/batch",
      headers: {
        "authorization": `Bearer ${key}`,
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body)
      }
    }, (response) => {
      const { statusCode } = response
      response.resume()
      response.on("close", () => {
        if (signal.aborted || statusCode !== 200) return resolve("refused")
        resolve(response.complete ? "whole" : "cut")
      })
      response.on("error", () => {})
    })
    outgoing.on("error", () => resolve("refused"))
    signal.addEventListener("abort", () => outgoing.destroy(), { once: true })
    outgoing.end(body)
  })
