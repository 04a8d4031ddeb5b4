/**
 * The commands of docs/guides/systemd.md, in their order, below another root; where they start the unit, its command is run with
 * its environment and its credentials, until it reports that it is ready.
 */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFileSync } from "node:child_process"
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { commandsOf, isDocumented } from "../../packages/testing/src/documented/commands.ts"
import { freePort } from "../../packages/testing/src/redis/ports.ts"
import { ensureInstalled } from "../../packages/testing/src/tools.ts"
import { runUnit, type UnitRun } from "../systemd/run.ts"

const repository = join(import.meta.dirname, "../..")
const commands = commandsOf("docs/guides/systemd.md")

describe("the commands of the guide on systemd", () => {
  const root = mkdtempSync(join(tmpdir(), "posh-systemd-"))
  const running: Array<UnitRun> = []
  const stopAll = () => Promise.all(running.splice(0).map(({ stop }) => stop()))

  beforeAll(() => {
    ensureInstalled("curl", "--version")
    ensureInstalled("openssl", "version")
    ensureInstalled("python3", "--version")
    ensureInstalled("systemd-notify", "--version", "systemd")
  }, 300_000)
  afterAll(async () => {
    await stopAll()
    rmSync(root, { recursive: true })
  })

  it("lead to a service that reports that it is ready", async () => {
    const [port, operations] = await Effect.runPromise(Effect.all([freePort, freePort]))
    const calls = join(root, "calls")
    const bin = join(root, "bin")
    mkdirSync(bin)
    writeFileSync(join(bin, "systemctl"), `#!/bin/sh\necho "$*" >> ${calls}\n`)
    chmodSync(join(bin, "systemctl"), 0o755)

    for (const { answer, script: text } of commands) {
      const script = text
        .replaceAll(/(?<=[\s@"'])\/etc\//g, `${root}/etc/`)
        .replaceAll(":8080", `:${port}`)
        .replaceAll(":9464", `:${operations}`)
      const output = execFileSync("sh", ["-eu", "-c", script], {
        cwd: repository,
        encoding: "utf8",
        env: { ...process.env, PATH: `${bin}:${process.env["PATH"]}`, no_proxy: "127.0.0.1" }
      })
      if (answer === undefined) assert.strictEqual(output, "", text)
      else if (answer.kind === "text") assert.isTrue(isDocumented(output, answer.text), `${text}${output}`)
      else assert.deepInclude(JSON.parse(output), JSON.parse(answer.text), text)

      if (/systemctl (enable --now|restart) posh/.test(text)) {
        await stopAll()
        const overrides = { POSH_PORT: String(port), POSH_GRPC_PORT: "off", POSH_OPS_PORT: String(operations) }
        const started = await runUnit(root, repository, overrides)
        running.push(started)
        assert.match(started.report, /^READY=1 STATUS=ready, listening on https?:\/\/127\.0\.0\.1:\d+$/)
      }
    }
    assert.deepStrictEqual(readFileSync(calls, "utf8").trim().split("\n"), [
      "daemon-reload",
      "enable --now posh",
      "daemon-reload",
      "restart posh"
    ])
  }, 120_000)
})
