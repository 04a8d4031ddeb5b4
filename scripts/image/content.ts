/** Checks the content of the image. */
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect } from "./commands.ts"
import type { Docker } from "./engine.ts"

/** Maximum size of the image, octets. Node.js alone takes 125 million. */
const largest = 180_000_000

export const checkContent = (docker: Docker, folder: string): void => {
  const [{ Config, Size }] = JSON.parse(docker.run("image", "inspect", "posh:0.1.0"))
  console.log(`  size: ${(Size / 1e6).toFixed(0)} MB`)
  expect("the image is small", Size < largest, Size)
  expect("the user is a number, and not root", /^[1-9]\d+:[1-9]\d+$/.test(Config.User), Config.User)
  expect("it has a health check", Config.Healthcheck !== undefined)
  for (const label of ["title", "version", "licenses", "base.name"]) {
    expect(`it says its ${label}`, (Config.Labels[`org.opencontainers.image.${label}`] ?? "") !== "")
  }

  const files = listFiles(docker, folder)
  const paths = new Set(files.map(({ path }) => path))
  const mustNot = (what: string, isWrong: (file: File) => boolean) =>
    expect(what, !files.some(isWrong), files.filter(isWrong).slice(0, 10))
  mustNot("root owns everything", ({ owner }) => owner !== "0/0")
  mustNot("nobody else may write", ({ mode }) => !mode.startsWith("l") && (mode[5] === "w" || mode[8] === "w"))
  mustNot("nothing raises privileges", ({ mode }) => /s/i.test(mode))
  mustNot("everybody may read", ({ mode }) => mode[7] !== "r")
  mustNot("there is no tool", ({ mode, path }) => !mode.startsWith("d") && tools.test(path))
  mustNot("there are no types, maps and tests", ({ path }) => /\.d\.[mc]?ts$|\.map$|^app\/.*\.test\.ts$/.test(path))
  checkPackages(paths)
  for (const path of ["etc/os-release", "var/lib/dpkg/status.d/libc6", "app/LICENSE", "app/package-lock.json"]) {
    expect("who lists what is inside finds", paths.has(path), path)
  }
}

interface File {
  readonly mode: string
  readonly owner: string
  readonly path: string
}

const tools =
  /(^|\/)(sh|bash|dash|busybox|npm|npx|yarn|pnpm|corepack|apt|apt-get|dpkg|gcc|cc|make|python3?|perl|git|curl|tsc|turbo|vitest)$/

const listFiles = (docker: Docker, folder: string): ReadonlyArray<File> => {
  const archive = join(folder, "content.tar")
  const container = docker.run("create", "posh:0.1.0").trim()
  docker.run("export", "--output", archive, container)
  docker.run("rm", container)
  return execFileSync("tar", ["-tvf", archive, "--numeric-owner"], { encoding: "utf8", maxBuffer: 2 ** 28 })
    .split("\n")
    .flatMap((line) => {
      const [mode = "", owner = "", , , , ...rest] = line.split(/ +/)
      const path = rest.join(" ").replace(/ -> .*$/, "").replace(/\/$/, "")
      return path === "" || engines.test(path) ? [] : [{ mode, owner, path }]
    })
}

/** Files that the engine adds to every container. */
const engines = /^(\.dockerenv$|dev($|\/)|proc$|sys$|etc\/(hosts|hostname|mtab|resolv\.conf)$)/

/** Checks that exactly the production packages of the lock file are installed, each with its metadata. */
const checkPackages = (paths: ReadonlySet<string>): void => {
  const lock: { readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly link?: boolean }>> } =
    JSON
      .parse(readFileSync(join(import.meta.dirname, "../../package-lock.json"), "utf8"))
  const installed = [...paths].flatMap((path) =>
    /^app\/(.*node_modules\/(?:@[^/]+\/)?[^/.@]+)\/package\.json$/.exec(path)?.[1] ?? []
  )
  const foreign = installed.filter((path) =>
    !path.includes("@posh/") && (lock.packages[path]?.dev ?? !(path in lock.packages))
  )
  expect("only production dependencies", foreign.length === 0, foreign)
  for (const needed of ["effect", "ioredis", "undici", "@peculiar/x509"]) {
    expect("what is needed is there", installed.includes(`node_modules/${needed}`), needed)
  }
  expect("no @posh/testing", !installed.includes("node_modules/@posh/testing"))
}
