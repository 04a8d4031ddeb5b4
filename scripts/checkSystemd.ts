/**
 * `npm run check:systemd`: checks `deploy/systemd` with systemd's own tools (`systemd-analyze`, which runs without systemd;
 * of Debian's package `systemd`), and that it fits the service.
 */
import { spawnSync } from "node:child_process"
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ensureInstalled } from "../packages/testing/src/tools.ts"
import { unitBreaches } from "./systemd/unit.ts"

/** Tenths of systemd's exposure level, from 0 to 100. The unit has 13; later versions of systemd look at more. */
const mostExposed = 20

const home = "deploy/systemd"
const unit = "posh.service"
const dropIns = readdirSync(`${home}/${unit}.d`)

const read = (name: string) => readFileSync(`${home}/${name}`, "utf8")

const ours = unitBreaches({
  units: Object.fromEntries([unit, ...dropIns.map((name) => `${unit}.d/${name}`)].map((name) => [name, read(name)])),
  environment: read("environment"),
  exists: existsSync
})

/** Anything that is said is a breach, warnings included. */
const analyze = (folder: string, ...args: ReadonlyArray<string>): ReadonlyArray<string> => {
  const { error, status, stderr, stdout } = spawnSync("systemd-analyze", [...args, join(folder, unit)], {
    encoding: "utf8",
    env: { ...process.env, SYSTEMD_COLORS: "0", SYSTEMD_PAGER: "" }
  })
  if (error !== undefined) return [`systemd-analyze: ${error.message}`]
  // Of the table of `security`, what is missing.
  const output = stdout.split("\n").filter((line) => !line.startsWith("✓")).join("\n")
  return status === 0 && stderr === "" ? [] : [`systemd-analyze ${args.join(" ")}:\n${output}${stderr}`]
}

const theirs = (): ReadonlyArray<string> => {
  ensureInstalled("systemd-analyze", "--version", "systemd")
  const folder = mkdtempSync(join(tmpdir(), "posh-unit-"))
  try {
    cpSync(home, folder, { recursive: true })
    return [
      ...analyze(folder, "verify", "--man=no"),
      ...analyze(folder, "security", "--offline=true", `--threshold=${mostExposed}`)
    ]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const breaches = [...ours, ...theirs()]
for (const breach of breaches) console.error(breach)
console.log(breaches.length === 0 ? "systemd: ok" : `systemd: ${breaches.length} breached`)
process.exitCode = breaches.length === 0 ? 0 : 1
