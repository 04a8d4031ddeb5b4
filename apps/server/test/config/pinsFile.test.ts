/** `POSH_PINS_FILE` in a running service: what it refuses, counts and logs, and what comes of a change of the file. */
import { assert, describe, it } from "@effect/vitest"
import type { Answer } from "@posh/api"
import { type Certificate, selfSigned } from "@posh/testing"
import { Effect } from "effect"
import { hash, X509Certificate } from "node:crypto"
import { writeFile } from "node:fs/promises"
import { makeFolder } from "../access/world.ts"
import { makeWorld, spawnService, startService, until, valueOf } from "../telemetry/world.ts"

const pinOf = ({ pem }: Certificate) =>
  `sha256/${hash("sha256", new X509Certificate(pem).publicKey.export({ type: "spki", format: "der" }), "base64")}`

describe("POSH_PINS_FILE", () => {
  it.live(
    "refuses a pinned host with other keys, follows changes, and keeps its pins where a change is unusable",
    () =>
      Effect.gen(function*() {
        const { env, origins, server } = yield* makeWorld
        const right = pinOf(yield* origins.certificateOf("good.example"))
        const wrong = pinOf(yield* selfSigned())
        const file = (yield* makeFolder)("pins")
        const write = (text: string) => Effect.promise(() => writeFile(file, text))
        yield* write(`good.example ${wrong}\n`)
        const { child, get, output, post } = yield* startService({
          ...env,
          POSH_PINS_FILE: file,
          POSH_DECISION_LOG: "stdout"
        })
        const logged = (text: string | RegExp) =>
          until(() => typeof text === "string" ? output.stdout.includes(text) : text.test(output.stdout), 20_000)
        const ask = (more: object = {}) =>
          Effect.map(
            post("/v1/verify", { domain: "good.example", service: "xmpp-server", certificate: server.pem, ...more }),
            ({ text }) => JSON.parse(text) as Answer
          )
        const forget = Effect.promise(() =>
          fetch(`${/listening on (http:[^ "]*)/.exec(output.stdout)?.[1]}/v1/associations/good.example/xmpp-server`, {
            method: "DELETE"
          })
        )

        const refused = yield* ask()
        assert.deepInclude(refused, {
          valid: false,
          verdict: "unusable-material",
          code: "PinMismatch",
          retryable: false
        })
        assert.include(refused.message, right, "what the host shows, for the operator's file")
        yield* Effect.sleep(1_500) // metrics are rendered so often at the most
        const { text } = yield* get("/metrics")
        assert.strictEqual(valueOf(text, "posh_outbound_requests_total{code=\"PinMismatch\"}"), 1)
        assert.strictEqual(
          valueOf(
            text,
            "posh_verdicts_total{verdict=\"unusable-material\",code=\"PinMismatch\",whose=\"none\",prooftype=\"posh\"}"
          ),
          1
        )
        assert.match(output.stdout, /"code":"PinMismatch"/)

        yield* write(`good.example ${right} sha256/x\n`)
        yield* logged(/POSH_PINS_FILE: line 1: [^\n]*is no pin[^\n]*; the pins stay as they were/)
        yield* write("")
        yield* logged("POSH_PINS_FILE: holds no pin; the pins stay as they were")
        yield* forget
        assert.strictEqual((yield* ask()).code, "PinMismatch")

        yield* write(`# roll-over\ngood.example ${wrong} ${right}\nbroken.example ${right}\n`)
        child.kill("SIGHUP")
        yield* logged("POSH_PINS_FILE: new pins are in use; hosts: 2")
        yield* forget
        assert.strictEqual((yield* ask()).code, "Verified")

        // Material that was fetched before stays: an attacker on the network could cause the failure as well (POSH-SEC-30).
        yield* write(`good.example ${wrong}\n`)
        yield* logged("POSH_PINS_FILE: new pins are in use; hosts: 1; no longer pinned: broken.example")
        const kept = yield* ask({ refresh: true })
        assert.deepInclude(kept, { code: "Verified", cache: "miss" })
        yield* forget
        assert.strictEqual((yield* ask()).code, "PinMismatch")
      }).pipe(Effect.scoped),
    120_000
  )

  it.live("stops the start where a line is wrong", () =>
    Effect.gen(function*() {
      const file = (yield* makeFolder)("pins")
      yield* Effect.promise(() => writeFile(file, "# ours\ngood.example sha256/x\n"))
      const { ended, output } = yield* spawnService({ POSH_PINS_FILE: file })
      assert.strictEqual(yield* Effect.promise(() => ended), 1)
      assert.match(output.stderr, /^posh: POSH_PINS_FILE: line 2: "sha256\/x" is no pin: [^\n]*\n$/)
    }).pipe(Effect.scoped), 60_000)
})
