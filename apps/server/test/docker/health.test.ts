/** The health check of the image, against a real service. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFile } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { certificates } from "../access/world.ts"
import { started } from "../process/processes.ts"

/** As the image has it. */
const program = join(import.meta.dirname, "../../bundle/health.js")

const exitCode = (env: Readonly<Record<string, string>>) =>
  Effect.promise(() =>
    new Promise<number>((resolve) => {
      execFile(process.execPath, [program], { env }, (error) => resolve(error === null ? 0 : Number(error.code)))
    })
  )

const files = Effect.acquireRelease(
  Effect.sync(() => {
    const folder = mkdtempSync(join(tmpdir(), "posh-health-"))
    const { fleetCa, server } = certificates
    const write = (name: string, text: string) => {
      writeFileSync(join(folder, name), text)
      return join(folder, name)
    }
    return {
      folder,
      POSH_TLS_CERT_FILE: write("cert.pem", server.pem),
      POSH_TLS_KEY_FILE: write("key.pem", server.keyPem),
      POSH_TLS_CLIENT_CA_FILE: write("ca.pem", fleetCa.pem)
    }
  }),
  ({ folder }) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

describe("the health check of the image", () => {
  const rows: ReadonlyArray<readonly [how: string, variables: ReadonlyArray<`POSH_TLS_${string}`>]> = [
    ["without TLS", []],
    ["with TLS", ["POSH_TLS_CERT_FILE", "POSH_TLS_KEY_FILE"]],
    ["with mutual TLS", ["POSH_TLS_CERT_FILE", "POSH_TLS_KEY_FILE", "POSH_TLS_CLIENT_CA_FILE"]]
  ]
  it.live.each(rows)("%s: a yes while the service lives, a no afterwards", ([, variables]) =>
    Effect.gen(function*() {
      const given = yield* files
      const env = Object.fromEntries(Object.entries(given).filter(([name]) => variables.some((one) => one === name)))
      const { child, ended, port } = yield* started(env)
      const asked = { ...env, POSH_PORT: String(port), POSH_GRPC_PORT: "off" }
      assert.strictEqual(yield* exitCode(asked), 0)
      child.kill("SIGTERM")
      yield* Effect.promise(() => ended)
      assert.strictEqual(yield* exitCode(asked), 1)
    }).pipe(Effect.scoped))

  it.live.each<readonly [where: string, variables: Readonly<Record<string, string>>]>([
    ["at another address", { POSH_HOST: "127.0.0.9" }],
    ["at the operations port", { POSH_OPS_PORT: "0" }],
    ["at the operations port of another address", { POSH_OPS_PORT: "0", POSH_OPS_HOST: "127.0.0.9" }],
    ["where connections begin with the PROXY protocol", {
      POSH_PROXY_PROTOCOL: "true",
      POSH_TRUSTED_PROXIES: "127.0.0.0/8"
    }]
  ])("asks %s", ([, env]) =>
    Effect.gen(function*() {
      const { child, ended, output, port } = yield* started(env)
      const [, opsPort] = /health and metrics on http:\/\/[^ "]*:(\d+)/.exec(output.stdout) ?? []
      const asked = {
        ...env,
        POSH_PORT: String(port),
        POSH_GRPC_PORT: "off",
        ...(opsPort === undefined ? {} : { POSH_OPS_PORT: opsPort })
      }
      assert.strictEqual(yield* exitCode(asked), 0)
      child.kill("SIGTERM")
      yield* Effect.promise(() => ended)
      assert.strictEqual(yield* exitCode(asked), 1)
    }).pipe(Effect.scoped))
})
