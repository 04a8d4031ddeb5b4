/**
 * `npm run check:installs`: installs a copy of this checkout in each way that the README and careful people use, with the
 * Node.js of this machine, starts the service by `npm start`, and stops it by a signal to npm.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"

const ways: ReadonlyArray<ReadonlyArray<string>> = [[], ["--omit=dev"], ["--ignore-scripts"]]

const root = join(import.meta.dirname, "..")

/** As a shell that npm has not started would have it. */
const env = {
  PATH: (process.env["PATH"] ?? "").split(delimiter).filter((folder) => !folder.includes("node_modules")).join(
    delimiter
  ),
  HOME: process.env["HOME"] ?? "",
  POSH_PORT: "0",
  POSH_GRPC_PORT: "off"
}

const check = async (folder: string, options: ReadonlyArray<string>): Promise<void> => {
  const { status, stderr } = spawnSync("npm", ["ci", "--prefer-offline", ...options], {
    cwd: folder,
    env,
    encoding: "utf8"
  })
  if (status !== 0) throw new Error(`npm ci ended with ${status}: ${stderr}`)
  const npm = spawn("npm", ["start"], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] })
  const output = { text: "" }
  for (const stream of [npm.stdout, npm.stderr]) stream.on("data", (chunk) => output.text += String(chunk))
  const ended = once(npm, "close")
  try {
    const url = await listening(output, npm)
    if (!(await isLive(url))) throw new Error("it does not answer")
    npm.kill("SIGTERM")
    const [code] = await Promise.race([ended, sleep(30_000, ["nothing within 30 s"])])
    if (code !== 0) throw new Error(`a signal to npm ends it with ${code}: ${output.text}`)
    if (await isLive(url)) throw new Error("npm has ended, and the service has not")
  } finally {
    npm.kill("SIGKILL")
  }
}

const listening = async (output: { readonly text: string }, npm: ChildProcess): Promise<string> => {
  for (let turn = 0; turn < 600 && npm.exitCode === null; turn += 1) {
    const url = /listening on (http:[^"\s]+)/.exec(output.text)?.[1]
    if (url !== undefined) return url
    await sleep(100)
  }
  throw new Error(`it does not start: ${output.text}`)
}

const isLive = (url: string): Promise<boolean> => fetch(`${url}/health/live`).then(({ ok }) => ok, () => false)

const folder = mkdtempSync(join(tmpdir(), "posh-installs-"))
try {
  const copy = join(folder, "posh")
  mkdirSync(copy)
  const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], { cwd: root, encoding: "utf8" })
    .split("\n").filter((path) => path !== "" && existsSync(join(root, path)))
  const archive = execFileSync("tar", ["-c", "-T", "-"], { cwd: root, input: files.join("\n"), maxBuffer: 2 ** 28 })
  execFileSync("tar", ["-x"], { cwd: copy, input: archive })
  const version = execFileSync("node", ["--version"], { env, encoding: "utf8" }).trim()
  for (const options of ways) {
    const started = performance.now()
    await check(copy, options)
    const seconds = ((performance.now() - started) / 1_000).toFixed(0)
    console.log(`Node.js ${version}: ${["npm ci", ...options].join(" ")} && npm start: ok (${seconds} s)`)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
