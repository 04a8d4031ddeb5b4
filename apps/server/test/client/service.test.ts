/** The client of `@posh/api/client` and the deployed service, over real sockets. */
import { assert, layer } from "@effect/vitest"
import { createClient } from "@posh/api/client"
import { makeVerifyClient } from "@posh/api/client/effect"
import { sha256Base64 } from "@posh/testing"
import { Effect } from "effect"
import { Service } from "../service.ts"
import { layerDeployed, World } from "./world.ts"

const service = "xmpp-server"
const domain = "hosted.example"

layer(layerDeployed, { excludeTestServices: true, timeout: 120_000 })("a client of the service", (it) => {
  it.effect("yes and no, in every form of a question", () =>
    Effect.gen(function*() {
      const { baseUrl } = yield* Service
      const { hosting, stranger } = yield* World
      const sha256 = sha256Base64(hosting.der)
      const rows = [
        { certificate: hosting.pem },
        { certificate: hosting.der },
        { certificate: Buffer.from(hosting.der).toString("base64") },
        { chain: [hosting.pem, ...hosting.issuers.map(({ pem }) => pem)] },
        { certificate: hosting.pem, explain: true },
        { fingerprint: { "sha-256": sha256 } },
        { fingerprint: { "sha-256": Buffer.from(sha256, "base64").toString("hex") } }
      ]
      for (const batch of [false, { windowMs: 5 }] as const) {
        const client = createClient({ endpoints: [baseUrl], batch })
        const ask = (question: object) => client.verify({ domain, service, ...question })
        const results = yield* Effect.promise(() => Promise.all(rows.map(ask)))
        for (const result of results) {
          assert.deepInclude(result.kind === "answer" ? result.answer : result, { valid: true, domain, service })
        }
        const alias = yield* Effect.promise(() =>
          client.verify({ domain: "HOSTED.example.", service: "xmpps-server", certificate: hosting.der })
        )
        assert.strictEqual(alias.kind === "answer" && alias.answer.valid, true)
        const no = yield* Effect.promise(() => ask({ certificate: stranger.pem }))
        assert.deepInclude(no.kind === "answer" ? no.answer : no, { valid: false, verdict: "mismatch" })
        const nothing = yield* Effect.promise(() =>
          client.verify({ domain: "nothing.example", service, certificate: hosting.pem })
        )
        assert.deepInclude(nothing.kind === "answer" ? nothing.answer : nothing, {
          valid: false,
          verdict: "no-material"
        })
      }
    }))

  it.effect("a batch in which each question has its own end", () =>
    Effect.gen(function*() {
      const { baseUrl } = yield* Service
      const { hosting, stranger } = yield* World
      const client = yield* makeVerifyClient({ endpoints: [baseUrl], batch: { windowMs: 5 } })
      const questions = [
        { domain, service, certificate: hosting.pem },
        { domain: "127.0.0.1", service, certificate: hosting.pem },
        { domain, service: "gopher", certificate: hosting.pem },
        { domain, service, certificate: Uint8Array.of(0x30, 1, 0) },
        { domain, service, certificate: stranger.pem },
        { domain, service, fingerprint: { "sha-256": "ab".repeat(32) }, nameCheck: "source" as const }
      ]
      const ends = yield* Effect.forEach(questions, (question) =>
        client.verify(question).pipe(Effect.match({
          onFailure: ({ fault }) => fault.problem?.code ?? fault.code,
          onSuccess: ({ code }) => code
        })), { concurrency: "unbounded" })
      assert.deepStrictEqual<ReadonlyArray<string>>(ends, [
        "Verified",
        "InvalidSourceDomain",
        "UnsupportedService",
        "MalformedPresentedCertificate",
        "CertificateMismatch",
        "InvalidRequest"
      ])
    }))

  it.effect("a thousand questions are one request", () =>
    Effect.gen(function*() {
      const { baseUrl } = yield* Service
      const { hosting } = yield* World
      let requests = 0
      const client = createClient({
        endpoints: [baseUrl],
        timeoutMs: 60_000,
        batch: { windowMs: 100 },
        fetch: (url, init) => {
          requests += 1
          return fetch(url, init)
        }
      })
      const ask = (index: number) =>
        client.verify({ domain, service, certificate: hosting.pem, maxAge: 10_000 + index })
      const results = yield* Effect.promise(() => Promise.all(Array.from({ length: 1_000 }, (_, index) => ask(index))))
      assert.isTrue(results.every((result) => result.kind === "answer" && result.answer.valid))
      assert.strictEqual(requests, 1)
    }))
})
