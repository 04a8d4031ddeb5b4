/**
 * The commands of docs/guides/operate.md, in their order, as an operator would type them.
 */
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { commandsOf, ensureInstalled, isDocumented } from "@posh/testing"
import { Effect } from "effect"
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { dirname } from "node:path"
import { fileURLToPath } from "node:url"
import { until } from "../process/processes.ts"
import { makeFolder } from "./world.ts"

const root = fileURLToPath(new URL("../../../../", import.meta.url))
const commands = commandsOf("docs/guides/operate.md")

/** The service in the background, with all that npm starts for it. */
const launch = (script: string, env: NodeJS.ProcessEnv) => {
  const child = spawn("sh", ["-eu", "-c", script], {
    cwd: root,
    env: { ...env, POSH_PORT: "0", POSH_GRPC_PORT: "off" },
    detached: true
  })
  const output = { text: "" }
  child.stdout.on("data", (chunk) => output.text += String(chunk))
  child.stderr.on("data", (chunk) => output.text += String(chunk))
  return { child, output, ended: once(child, "close") }
}

const stop = ({ child, ended }: { readonly child: ChildProcess; readonly ended: Promise<unknown> }) =>
  Effect.promise(() => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGTERM")
    return ended
  })

describe("the commands of the guide for operators", () => {
  beforeAll(() => {
    ensureInstalled("curl", "--version")
    ensureInstalled("openssl", "version")
  }, 300_000)

  it("are found", () => assert.isAtLeast(commands.length, 15))

  it.live("do what the guide says", () =>
    Effect.gen(function*() {
      const path = yield* makeFolder
      const env: NodeJS.ProcessEnv = {
        ...process.env,
        // `node` is the one that runs this.
        PATH: `${dirname(process.execPath)}:${process.env["PATH"]}`,
        HOME: path("."),
        no_proxy: "127.0.0.1"
      }
      const running: Array<ReturnType<typeof launch>> = []
      const stopAll = Effect.suspend(() => Effect.forEach(running.splice(0), stop))
      yield* Effect.addFinalizer(() => stopAll)

      for (const { answer, script } of commands) {
        if (script.includes("npm start")) {
          yield* stopAll
          const service = launch(script, env)
          running.push(service)
          yield* until(() => service.output.text.includes("listening on"), 20_000)
          env["POSH"] = /listening on (https?:[^"\s]+)/.exec(service.output.text)?.[1] ?? ""
          continue
        }
        // What one block sets, the next ones use.
        const kept = `set -a\n${script}\nprintf '%s\\n%s' "\${CONF-}" "\${KEY-}" > "$HOME/kept"`
        const output = execFileSync("sh", ["-eu", "-c", kept], { cwd: root, env, encoding: "utf8" })
        const [CONF, KEY] = readFileSync(path("kept"), "utf8").split("\n")
        Object.assign(env, { CONF, KEY })
        if (answer === undefined) assert.strictEqual(output, "", script)
        else if (answer.kind === "text") assert.isTrue(isDocumented(output, answer.text), `${script}${output}`)
        else assert.deepInclude(JSON.parse(output), JSON.parse(answer.text), script)
      }
    }).pipe(Effect.scoped), 180_000)
})
