/** The page of the recipes for gRPC: it shows the files that are run here, and every command does what it documents. */
import { afterAll, assert, beforeAll, describe, layer } from "@effect/vitest"
import { commandsOf, isDocumented } from "@posh/testing"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { Readiness } from "../../src/service/Readiness.ts"
import { layerDeployedWith, makePeer, World } from "../client/world.ts"
import { ensureGoGrpc, ensurePythonGrpc, ensureRubyGrpc } from "../grpc/foreign/toolchains.ts"
import { Service } from "../service.ts"
import { at, makeCheckout, runIn } from "./grpcPrograms.ts"

const page = "docs/guides/clients/grpc.md"
const read = (path: string) => readFileSync(new URL(`../../../../${path}`, import.meta.url), "utf8")
const files = { python: "python/grpc_client.py", go: "go/grpc/main.go", ruby: "ruby/grpc_client.rb" }

describe(page, () => {
  const { folder, remove } = makeCheckout()
  beforeAll(() => {
    ensurePythonGrpc()
    ensureGoGrpc()
    ensureRubyGrpc()
  }, 600_000)
  afterAll(remove)

  layer(layerDeployedWith({ grpc: true }), { excludeTestServices: true, timeout: 120_000 })((it) => {
    it("shows the programs as they are", () => {
      const shown = [...read(page).matchAll(/^```(python|go|ruby)\n([\s\S]*?)^```$/gm)]
      assert.deepStrictEqual(
        shown.map(([, kind, text]) => [kind, text]),
        Object.entries(files).map(([kind, path]) => [kind, read(`docs/guides/clients/${path}`)])
      )
    })

    it.effect("its commands do what it says, in their order", () =>
      Effect.gen(function*() {
        yield* (yield* Readiness).become("ready")
        const { grpcUrl = "" } = yield* Service
        const { hosting } = yield* World
        const { port: peerPort } = yield* makePeer(hosting)
        const verifier = new URL(grpcUrl).host
        for (const { answer, script } of commandsOf(page)) {
          const { status, stderr, stdout } = yield* Effect.promise(() =>
            runIn(folder, at(script, { peerPort, verifier }))
          )
          assert.strictEqual(status, 0, `${script}${stderr}`)
          if (answer?.kind === "json") assert.deepStrictEqual(JSON.parse(stdout), JSON.parse(answer.text), script)
          else if (answer !== undefined) assert.isTrue(isDocumented(stdout, answer.text), `${script}${stdout}`)
        }
      }).pipe(Effect.scoped), 120_000)
  })
})
