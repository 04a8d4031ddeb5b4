/**
 * The commands of docs/guides/operate.md, in their order, as an operator would type them.
 */
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { ensureInstalled } from "@posh/testing"
import { Effect } from "effect"
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { until } from "../process/processes.ts"
import { makeFolder } from "./world.ts"

const root = fileURLToPath(new URL("../../../../", import.meta.url))
const guide = readFileSync(`${root}docs/guides/operate.md`, "utf8")
const sections = [
  /^## Who may ask$[\s\S]*?(?=^## )/m,
  /^### A listener for probes and metrics$[\s\S]*?(?=^### )/m
].map((section) => section.exec(guide)?.[0] ?? "")

interface Step {
  readonly script: string
  /** The block after the command; none where it prints nothing, or goes on. */
  readonly answer?: { readonly kind: string; readonly text: string }
}

const steps: ReadonlyArray<Step> = (() => {
  const blocks = [...sections.join("\n").matchAll(/^```(sh|json|text)\n([\s\S]*?)^```$/gm)].map((
    [, kind = "", text = ""]
  ) => ({
    kind,
    text
  }))
  return blocks.flatMap(({ kind, text }, index) => {
    if (kind !== "sh") return []
    const answer = blocks[index + 1]
    return [{ script: text, ...(answer === undefined || answer.kind === "sh" ? {} : { answer }) }]
  })
})()

const matches = (output: string, documented: string): boolean =>
  new RegExp(`^${documented.split("…").map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join("\\S+")}$`)
    .test(output)

/** The service in the background, with all that npm starts for it. */
const launch = (script: string, env: NodeJS.ProcessEnv) => {
  const child = spawn("sh", ["-eu", "-c", script], { cwd: root, env: { ...env, POSH_PORT: "0" }, detached: true })
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

describe("the commands of the guide on who may ask, and on probes", () => {
  beforeAll(() => {
    ensureInstalled("curl", "--version")
    ensureInstalled("openssl", "version")
  }, 300_000)

  it("are found", () => assert.isAtLeast(steps.length, 15))

  it.live("do what the guide says", () =>
    Effect.gen(function*() {
      const path = yield* makeFolder
      const env: NodeJS.ProcessEnv = { ...process.env, HOME: path("."), no_proxy: "127.0.0.1" }
      const running: Array<ReturnType<typeof launch>> = []
      const stopAll = Effect.suspend(() => Effect.forEach(running.splice(0), stop))
      yield* Effect.addFinalizer(() => stopAll)

      for (const { answer, script } of steps) {
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
        else if (answer.kind === "text") assert.isTrue(matches(output, answer.text), `${script}${output}`)
        else assert.deepInclude(JSON.parse(output), JSON.parse(answer.text), script)
      }
    }).pipe(Effect.scoped), 120_000)
})
