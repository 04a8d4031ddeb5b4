/**
 * A stand-in for the public images: a minimal Debian with the same programs, from Debian's packages, and the node and
 * npm that run this script. npm uses the registry and the trusted CAs of this machine.
 */
import { execFileSync } from "node:child_process"
import { copyFileSync, cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import type { Docker } from "./engine.ts"

export const makeStandIn = (folder: string): string => {
  const root = join(folder, "debian")
  const packages = ["redis-server", "haproxy", "libstdc++6"]
  execFileSync("debootstrap", ["--variant=minbase", `--include=${packages.join()}`, "bookworm", root], {
    stdio: ["ignore", "ignore", "inherit"]
  })
  const local = join(root, "usr/local")
  copyFileSync(process.execPath, join(local, "bin/node"))
  const npm = dirname(dirname(process.env["npm_execpath"] ?? ""))
  mkdirSync(join(local, "lib/node_modules"))
  cpSync(npm, join(local, "lib/node_modules/npm"), { recursive: true })
  symlinkSync("../lib/node_modules/npm/bin/npm-cli.js", join(local, "bin/npm"))
  mkdirSync(join(local, "etc"), { recursive: true })
  writeFileSync(join(local, "etc/npmrc"), `registry=${npmConfig("registry")}\nupdate-notifier=false\n`)
  const authorities = process.env["NODE_EXTRA_CA_CERTS"] ?? ""
  if (authorities !== "") copyFileSync(authorities, join(root, trusted))
  return root
}

const trusted = "usr/local/etc/authorities.pem"

const npmConfig = (key: string): string => execFileSync("npm", ["config", "get", key], { encoding: "utf8" }).trim()

export const importStandIn = (docker: Docker, root: string, names: ReadonlyArray<string>): void => {
  const [name = "", ...others] = names
  const settings = [
    "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ...(process.env["NODE_EXTRA_CA_CERTS"] === undefined ? [] : [`ENV NODE_EXTRA_CA_CERTS=/${trusted}`])
  ]
  docker.shell(
    `tar -C '${root}' -c . | docker import ${settings.map((setting) => `-c '${setting}'`).join(" ")} - ${name}`
  )
  for (const other of others) docker.run("tag", name, other)
}
