/** The servers that are compared. Each answers `POST /v1/verify` about the domains of a fleet. */
import { existsSync } from "node:fs"
import { basename, join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { type Command, commandOf, type Running, start } from "../process.ts"
import { serviceReady, serviceScript } from "../service.ts"
import { cores, onCore } from "./cores.ts"
import { fill } from "./fleet/fill.ts"
import type { Fleet } from "./fleet/Fleet.ts"

export interface Subject {
  readonly name: string
  /** Ready, and with all domains of the fleet in its memory. */
  readonly start: (fleet: Fleet) => Promise<Running>
}

export const bareNode: Subject = {
  name: "bare node:http",
  start: ({ digests }) =>
    start(server(commandOf(new URL("bare/http.ts", import.meta.url))), { env: { DIGESTS: digests } })
}

/** Takes what `buildGo` returns. */
export const bareGo = (program: string): Subject => ({
  name: "bare Go",
  start: ({ digests }) => start(server([program]), { env: { DIGESTS: digests, GOMAXPROCS: "1" } })
})

/** The service of this checkout. */
export const posh = (env: Readonly<Record<string, string>> = {}): Subject => service("posh", serviceScript, env)

/** The service of another checkout, named after its folder. */
export const poshIn = (checkout: string): Subject => service(basename(resolve(checkout)), scriptIn(checkout), {})

const origin = new URL("fleet/origin.ts", import.meta.url).href

const service = (name: string, script: URL, env: Readonly<Record<string, string>>): Subject => ({
  name,
  start: async (fleet) => {
    const running = await start(server(nodeWith(["--import", origin], script)), {
      env: { ...environmentFor(fleet), ...env },
      ready: serviceReady
    })
    await fill(running.port, fleet.questions)
    return running
  }
})

const nodeWith = (flags: ReadonlyArray<string>, script: URL): Command => {
  const [node, ...rest] = commandOf(script)
  return [node, "--disable-warning=ExperimentalWarning", ...flags, ...rest]
}

const environmentFor = ({ digests, domains }: Fleet): Record<string, string> => ({
  FLEET_DIGESTS: digests,
  POSH_PORT: "0",
  POSH_ALLOW_SPECIAL_USE_DOMAINS: "true",
  POSH_GENERATIONS: "rfc-only",
  POSH_CACHE_ENTRIES: `${Math.max(100_000, Math.ceil(domains * 1.1))}`,
  // One caller asks about everybody.
  POSH_CALLER_RESOLUTIONS: "10000000",
  POSH_LOG_FORMAT: "json"
})

const server = (command: Command): Command => onCore(cores.server, command)

const scriptIn = (checkout: string): URL => {
  const path = join(resolve(checkout), "apps/server/src/main.ts")
  if (!existsSync(path)) throw new Error(`no checkout of this repository: ${checkout}`)
  return pathToFileURL(path)
}
