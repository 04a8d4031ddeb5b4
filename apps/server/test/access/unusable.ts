/**
 * What a file of an operator can hold, or be, that nobody can use.
 */
import { spawnSync } from "node:child_process"
import { chmod, mkdir, rm, symlink, truncate, writeFile } from "node:fs/promises"

export interface Damage {
  readonly name: string
  /** Puts it in the place of a path where nothing is. */
  readonly put: (path: string, good: string) => Promise<unknown>
}

const write = (text: (good: string) => string | Buffer) => (path: string, good: string) => writeFile(path, text(good))

/** Of any file. */
export const damages: ReadonlyArray<Damage> = [
  { name: "is empty", put: write(() => "") },
  { name: "has white space alone", put: write(() => " \n\t\n") },
  { name: "is a directory", put: (path) => mkdir(path) },
  { name: "is binary", put: write(() => Buffer.from(Array.from({ length: 4_096 }, (_, at) => (at * 37) % 256))) },
  { name: "has 1 GB", put: (path) => writeFile(path, "").then(() => truncate(path, 2 ** 30)) },
  { name: "has no end", put: (path) => symlink("/dev/zero", path) },
  { name: "is not there", put: () => Promise.resolve() },
  { name: "is a named pipe without a writer", put: (path) => Promise.resolve(spawnSync("mkfifo", [path])) },
  { name: "is a link into nothing", put: (path) => symlink(`${path}.none`, path) },
  { name: "is a link to itself", put: (path) => symlink(path, path) },
  // Root may read everything.
  ...(process.getuid?.() === 0 ? [] : [{
    name: "may not be read",
    put: (path: string, good: string) => writeFile(path, good).then(() => chmod(path, 0))
  }])
]

/** Of certificates and keys besides. */
export const pemDamages: ReadonlyArray<Damage> = [
  { name: "has a blank before its first BEGIN", put: write((good) => ` ${good}`) },
  { name: "is indented", put: write((good) => good.replaceAll(/^/gm, "  ")) },
  { name: "is cut off", put: write((good) => good.slice(0, 99)) },
  { name: "has base64 that is no DER", put: write((good) => good.replace(/^M\w{20}/m, "A".repeat(21))) },
  {
    name: "has DER with a key of an unknown kind",
    put: write((good) => {
      const [, head = "", body = "", tail = ""] = /^(-----.*?-----\n)(.*?)(-----END.*)$/s.exec(good) ?? []
      const der = Buffer.from(body, "base64")
      const at = der.indexOf(Buffer.from("2a8648ce3d0201", "hex")) // id-ecPublicKey
      der[at + 6] = 0x77
      return `${head}${der.toString("base64").replaceAll(/.{64}/g, "$&\n")}\n${tail}`
    })
  }
]

/** Whatever is there goes. */
export const replace = (path: string, put: () => Promise<unknown>): Promise<unknown> =>
  rm(path, { recursive: true, force: true }).then(put)
