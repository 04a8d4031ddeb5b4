import { assert, describe, it } from "@effect/vitest"
import type { Client } from "@posh/api"
import { Effect, FileSystem, Stream } from "effect"
import { FetchHttpClient, HttpClient } from "effect/http"
import { join } from "node:path"
import { ask } from "../../demo/ask.ts"
import { makeScenes } from "../../demo/scenes.ts"
import { makeWorld } from "../../demo/world.ts"
import { layerNode, startDemo, startKeptDemo } from "./demoProcess.ts"

/** What a newcomer must find in the terminal, in this order. */
const story = [
  "What the domains publish for xmpp-server",
  "https://orchard.example/.well-known/posh/xmpp-server.json",
  "{\"url\":\"https://greenhouse.example/posh/tenants.json\",\"expires\":3600}",
  "302, Location: https://greenhouse.example/posh/keys.json",
  "_xmpp-server._tcp.lighthouse.example SRV 10 0 5269 xmpp.lighthouse.example",
  "_5269._tcp.xmpp.lighthouse.example TLSA 3 1 1 ",
  "1. A hosted domain",
  "answer   verified (Verified), fetched now",
  "2. https://greenhouse.example/posh/tenants.json",
  "200, fingerprints, from 127.0.0.1",
  "matched  entry 1 (of 2, counted from 0), by sha-256",
  "60 minutes from now",
  "2. The same question again",
  "answer   verified (Verified), from memory",
  "no request was made for this question",
  "3. The certificate of next month",
  "matched  entry 0",
  "4. A stranger",
  "answer   mismatch (CertificateMismatch)",
  "5. The older generation",
  "rfc7711: NotPublished",
  "draft: Resolved",
  "302, from 127.0.0.1",
  "200, jwk-set, from 127.0.0.1",
  "6. The right certificate, the wrong domain",
  "answer   mismatch (CertificateMismatch)",
  "7. Nothing published",
  "answer   no-material (NotPublished)",
  "8. Nobody could find out",
  "answer   indeterminate (ServerError)",
  "9. Only DNS vouches",
  "\"prooftypes\":[\"pkix\",\"dane\",\"posh\"]",
  "answer   verified (Verified), without a document",
  "proofs   pkix certificate-invalid (PkixPathInvalid)",
  "dane verified (Verified)",
  "stands in for the resolver that validates DNSSEC",
  "10. Only an authority vouches",
  "answer   verified (Verified), without a document",
  "proofs   pkix verified (Verified)",
  "dane not-applicable (NotApplicable)",
  "11. DNS says no",
  "answer   mismatch (TlsaMismatch), without a document",
  "proofs   pkix verified (Verified)",
  "dane mismatch (TlsaMismatch)",
  "11 questions, 11 answers as expected."
]

describe("npm run demo", () => {
  it.live("tells the story, exits 0 and leaves nothing behind", () =>
    Effect.gen(function*() {
      const { child, folder, stdout } = yield* startDemo()
      const text = (yield* Stream.runCollect(stdout)).join("\n")
      assert.strictEqual(yield* child.exitCode, 0)
      story.reduce((from, line) => {
        const found = text.indexOf(line, from)
        assert.isAtLeast(found, 0, `"${line}" is not in the rest of\n${text.slice(from)}`)
        return found + line.length
      }, 0)
      assert.notInclude(text, "\u001b", "colours are for terminals")
      assert.deepStrictEqual(yield* contentsOf(folder), [])
    }).pipe(Effect.scoped, Effect.provide(layerNode)), 60_000)

  it.live("with --keep stays until Ctrl-C, exits 0 and leaves nothing behind", () =>
    Effect.gen(function*() {
      const { certs, child, folder, posh } = yield* startKeptDemo
      assert.strictEqual((yield* HttpClient.get(`${posh}/health/ready`)).status, 200)
      assert.sameMembers(
        yield* contentsOf(certs),
        ["ca", "authority", ...Object.keys((yield* makeWorld()).certificates)].map((name) => `${name}.pem`)
      )

      yield* child.kill({ killSignal: "SIGINT" })
      assert.strictEqual(yield* child.exitCode, 0)
      assert.deepStrictEqual(yield* contentsOf(folder), [])
      assert.isTrue((yield* Effect.exit(HttpClient.get(`${posh}/health/ready`)))._tag === "Failure", "still there")
    }).pipe(Effect.scoped, Effect.provide([layerNode, FetchHttpClient.layer])), 60_000)

  it.live("says what went wrong and exits 1", () =>
    Effect.gen(function*() {
      const { child, stderr } = yield* startDemo([], join("no", "such", "folder"))
      assert.match((yield* Stream.runCollect(stderr)).join("\n"), /^demo: .*no\/such\/folder/)
      assert.strictEqual(yield* child.exitCode, 1)
    }).pipe(Effect.scoped, Effect.provide(layerNode)), 60_000)

  it.live("names every way in which an answer is not the expected one", () =>
    Effect.gen(function*() {
      const { certificates } = yield* makeWorld()
      const [scene] = makeScenes(certificates)
      if (scene === undefined) throw new Error("the demo has no question")
      const proofs = [{ prooftype: "pkix", verdict: "verified", code: "Verified" }]
      const answer = { valid: false, verdict: "mismatch", code: "CertificateMismatch", cache: "memory", proofs }
      const client = { verification: { verify: () => Effect.succeed(answer) } } as unknown as Client
      const { differences } = yield* ask(client, scene)
      assert.deepStrictEqual(differences, [
        "verdict is mismatch, expected verified",
        "valid is false, expected true",
        "code is CertificateMismatch, expected Verified",
        "cache is memory, expected miss",
        "requests is 0, expected 2",
        "proofs is pkix verified (Verified), expected "
      ])
    }).pipe(Effect.scoped))
})

const contentsOf = (folder: string) => FileSystem.FileSystem.use((files) => files.readDirectory(folder))
