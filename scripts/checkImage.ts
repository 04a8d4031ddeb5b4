/**
 * `npm run check:image`: builds `docker/Dockerfile` with a real Docker engine, inspects the image, and runs it as
 * `docs/guides/deploy.md` says. Takes minutes, and needs root on Debian. It pulls no image: a new minimal Debian
 * replaces the three public images.
 *
 * A separate engine runs from a temporary folder. It builds on the network of this machine, because the build needs the
 * package registry, but changes no network settings. Containers run in a network namespace of their own, so bridges and
 * firewall rules of this machine do not change.
 */
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ensureInstalled } from "../packages/testing/src/tools.ts"
import { step } from "./image/commands.ts"
import { checkContainer } from "./image/container.ts"
import { checkContent } from "./image/content.ts"
import { checkoutIn, withEngine } from "./image/engine.ts"
import { checkFleet } from "./image/fleet.ts"
import { guide, scriptOf, titleOf } from "./image/guide.ts"
import { importStandIn, makeStandIn } from "./image/standIn.ts"

const imagesOf = (path: string) =>
  readFileSync(join(import.meta.dirname, "..", path), "utf8").match(/docker\.io\/\S+/g) ?? []

/** The public images that `docker/` names. */
const images = [...new Set([...imagesOf("docker/Dockerfile"), ...imagesOf("docker/compose.yaml")])]

const outside = async (): Promise<void> => {
  if (process.getuid?.() !== 0) throw new Error("the check of the image needs root: it starts a Docker engine")
  for (const [program, option, debianPackage] of programs) ensureInstalled(program, option, debianPackage)
  const folder = mkdtempSync(join(tmpdir(), "posh-image-"))
  try {
    copyCheckout(checkoutIn(folder))
    const standIn = step("a Debian that stands in for public images", () => makeStandIn(folder))
    await withEngine(folder, "build", (docker) => {
      step("import it", () => importStandIn(docker, standIn, images))
      for (const command of guide.build) step(titleOf(command), () => docker.shell(scriptOf(command)))
      step("build the demo", () => docker.shell("cd docker && docker compose --profile demo build"))
    })
    // The child has its own mount and network namespaces, which end with it.
    const again = [process.execPath, import.meta.filename, folder]
    execFileSync("unshare", ["--mount", "--net", "--propagation", "private", ...again], { stdio: "inherit" })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  console.log("image: ok")
}

/** Copies only files that git tracks or would add, so the image is built from nothing else. `npm ci` has been run. */
const copyCheckout = (target: string): void => {
  mkdirSync(target)
  const files = execFileSync("git", ["ls-files", "-coz", "--exclude-standard"])
  const archive = execFileSync("tar", ["--create", "--null", "--files-from=-"], { input: files, maxBuffer: 2 ** 28 })
  execFileSync("tar", ["--extract", "--directory", target], { input: archive })
  symlinkSync(join(import.meta.dirname, "../node_modules"), join(target, "node_modules"))
}

const programs = [
  ["debootstrap", "--version", "debootstrap"],
  ["dockerd", "--version", "docker.io"],
  ["docker-compose", "--version", "docker-compose"],
  ["unshare", "--version", "util-linux"],
  ["ip", "-V", "iproute2"],
  ["curl", "--version", "curl"],
  ["openssl", "version", "openssl"]
] as const

const inside = async (folder: string): Promise<void> => {
  execFileSync("ip", ["link", "set", "lo", "up"])
  execFileSync("mount", ["-t", "tmpfs", "none", "/run"])
  await withEngine(folder, "run", async (docker) => {
    step("what is inside", () => checkContent(docker, folder))
    await checkContainer(docker)
    await checkFleet(docker)
  })
}

const [folder] = process.argv.slice(2)
await (folder === undefined ? outside() : inside(folder))
