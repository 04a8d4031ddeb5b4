/**
 * Starts what a unit starts, with its environment and credentials, and waits for its report: as much of systemd as there is where
 * no systemd runs. Nothing of the hardening.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { valuesOf } from "./unit.ts"

export interface UnitRun {
  /** What it reported first. */
  readonly report: string
  readonly stop: () => Promise<unknown>
}

/** The receiver of reports prints the first one, and ends. */
const receiver = `
import socket, sys
ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
ear.bind(sys.argv[1])
print("bound", flush=True)
print(ear.recv(65536).decode().replace("\\n", " "), flush=True)
`

/** `root` holds what would be below `/`. `overrides`: variables whose value differs here, such as ports. */
export const runUnit = async (
  root: string,
  repository: string,
  overrides: Readonly<Record<string, string>>
): Promise<UnitRun> => {
  const unit = readUnit(root)
  const folder = mkdtempSync(join(root, "run-"))
  const credentials = join(folder, "credentials")
  mkdirSync(credentials)
  for (const credential of valuesOf(unit, "LoadCredential")) {
    const [name = "", source = ""] = credential.split(":")
    copyFileSync(join(root, source), join(credentials, name))
  }

  const socket = join(folder, "notify")
  const ear = spawn("python3", ["-c", receiver, socket], { stdio: ["ignore", "pipe", "inherit"] })
  const heard = output(ear)
  await heard(/^bound\n/)
  const [program = "", ...args] = (valuesOf(unit, "ExecStart").at(-1) ?? "").split(/\s+/)
  const service = spawn(program === "node" ? process.execPath : program, args, {
    cwd: repository,
    env: {
      ...environmentOf(unit, root, credentials),
      ...overrides,
      NOTIFY_SOCKET: socket
    }
  })
  const said = output(service)
  const report = await Promise.race([
    heard(/\n(.+)\n/),
    once(service, "close").then(() => said(/[^]*/)).then((text) => Promise.reject(new Error(`it ended: ${text}`)))
  ])
  return {
    report: report.trim(),
    stop: () => {
      ear.kill()
      const ended = once(service, "close")
      service.kill("SIGTERM")
      return ended
    }
  }
}

/** The unit with its drop-ins, in the order in which systemd reads them. */
const readUnit = (root: string): string => {
  const path = join(root, "etc/systemd/system/posh.service")
  const dropIns = existsSync(`${path}.d`) ? readdirSync(`${path}.d`).toSorted() : []
  return [path, ...dropIns.map((name) => join(`${path}.d`, name))].map((file) => readFileSync(file, "utf8")).join("\n")
}

/** Later ones win, and those of files win over those of the unit (systemd.exec(5)). */
const environmentOf = (unit: string, root: string, credentials: string): Record<string, string> => {
  const own = valuesOf(unit, "Environment").map((setting) => setting.replaceAll("%d", credentials))
  const files = valuesOf(unit, "EnvironmentFile").flatMap((path) =>
    readFileSync(join(root, path.replace(/^-/, "")), "utf8").split("\n").filter((line) => /^\w+=/.test(line))
  )
  return Object.fromEntries([...own, ...files].map((setting) => {
    const at = setting.indexOf("=")
    return [setting.slice(0, at), setting.slice(at + 1)]
  }))
}

/** Resolves with what the pattern finds in the output so far, as soon as it does. */
const output = (child: ChildProcess) => {
  let text = ""
  const waiting = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk) => {
      text += String(chunk)
      for (const look of waiting) look()
    })
  }
  return (pattern: RegExp): Promise<string> =>
    new Promise((resolve) => {
      const look = () => {
        const found = pattern.exec(text)
        if (found === null) return
        waiting.delete(look)
        resolve(found[0])
      }
      waiting.add(look)
      look()
    })
}
