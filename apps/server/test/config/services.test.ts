/** A service of the operator's (`POSH_SERVICES`), end to end: asked, cached, listed, counted, logged, forgotten. */
import { assert, it } from "@effect/vitest"
import type { Answer, Inventory } from "@posh/api"
import { Behave, fingerprintsDocument, jwkSetDocument, makeRedis, selfSigned } from "@posh/testing"
import { Effect } from "effect"
import { makeWorld, startService, valueOf } from "../telemetry/world.ts"

const admin = { "content-type": "application/json" }

it.live(
  "POSH_SERVICES: a service is asked for at its URLs in both generations, and kept like the others",
  () =>
    Effect.gen(function*() {
      const redis = yield* makeRedis()
      const { env, origins, server } = yield* makeWorld
      const other = yield* selfSigned({ dnsNames: ["im.example"] })
      const document = fingerprintsDocument([other], { expires: 3_600 })
      origins.setRoute("good.example", "/.well-known/posh/sip.json", Behave.json(document))
      origins.setRoute("older.example", "/.well-known/posh._sip._udp.json", Behave.json(jwkSetDocument([other])))
      const { get, output, post, stop } = yield* startService({
        ...env,
        POSH_REDIS_URL: redis.url,
        POSH_REDIS_TIMEOUT: "2s",
        POSH_SERVICES: "submission/tcp:587, sip/udp",
        POSH_DECISION_LOG: "stdout"
      })
      const ask = (domain: string, service: string, certificate = other.pem) =>
        Effect.map(
          post("/v1/verify", { domain, service, certificate, explain: true }),
          ({ text }) => JSON.parse(text) as Answer
        )

      const first = yield* ask("good.example", "sip")
      assert.deepInclude(first, { code: "Verified", service: "sip", generation: "rfc7711", cache: "miss" })
      assert.deepInclude(yield* ask("good.example", "_sip._udp"), { code: "Verified", service: "sip", cache: "memory" })
      const older = yield* ask("older.example", "sip")
      assert.deepInclude(older, { code: "Verified", generation: "draft" })
      assert.deepStrictEqual(
        older.evidence?.attempts.flatMap(({ hops }) => hops.map(({ url }) => url)),
        ["https://older.example/.well-known/posh/sip.json", "https://older.example/.well-known/posh._sip._udp.json"]
      )
      // POSH-RES-15: each service has its own material.
      assert.deepInclude(yield* ask("good.example", "xmpp-server"), { code: "CertificateMismatch" })
      assert.deepInclude(yield* ask("good.example", "xmpp-server", server.pem), { code: "Verified" })
      assert.deepInclude(yield* ask("good.example", "submission"), { code: "NotPublished" })

      const refused = yield* post("/v1/verify", { domain: "good.example", service: "imaps", certificate: other.pem })
      assert.strictEqual(refused.status, 400)
      assert.include(refused.text, "The service is not one of xmpp-client, xmpp-server, submission, sip")

      const list = Effect.map(get("/v1/associations"), ({ text }) =>
        (JSON.parse(text) as Inventory).associations.map(({ domain, service }) =>
          `${domain} ${service}`
        ).toSorted())
      assert.deepStrictEqual(yield* list, ["good.example sip", "good.example xmpp-server", "older.example sip"])

      const generated = yield* post("/v1/documents/generate", {
        service: "sip",
        certificates: [other.pem],
        generation: "draft"
      }, admin)
      assert.strictEqual(
        (JSON.parse(generated.text) as { readonly path?: string }).path,
        "/.well-known/posh._sip._udp.json"
      )

      yield* Effect.sleep(1_500) // metrics are rendered so often at the most
      const { text } = yield* get("/metrics")
      const counted = valueOf(
        text,
        "posh_verdicts_total{verdict=\"verified\",code=\"Verified\",whose=\"none\",prooftype=\"posh\"}"
      )
      assert.strictEqual(counted, 4)
      yield* stop
      const logged = output.stdout.match(/"service":"sip"/g) ?? []
      assert.strictEqual(logged.length, 3, output.stdout)
    }).pipe(Effect.scoped),
  120_000
)
