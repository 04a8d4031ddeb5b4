/** The service, of this checkout or another one. Its way to origins is `fleet/origin.ts`. */
import { existsSync } from "node:fs"
import { basename, join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { commandOf, type Running } from "../../process.ts"
import { serviceReady, serviceScript } from "../../service.ts"
import { fill } from "../fleet/fill.ts"
import type { Fleet } from "../fleet/Fleet.ts"
import { withFlags } from "../machine/node.ts"
import { startOnCore } from "./bare.ts"
import type { Observer } from "./Observation.ts"
import type { Subject } from "./Subject.ts"

type Environment = Readonly<Record<string, string>>

/** The service of this checkout. */
export const posh = (env: Environment = {}, name = "posh"): Subject => ({
  name,
  start: (fleet, observer) => startFilled(serviceScript, fleet, env, observer)
})

/** The service of another checkout, named after its folder. */
export const poshIn = (checkout: string): Subject => {
  const script = join(resolve(checkout), "apps/server/src/main.ts")
  if (!existsSync(script)) throw new Error(`no checkout of this repository: ${checkout}`)
  return {
    name: basename(resolve(checkout)),
    start: (fleet, observer) => startFilled(pathToFileURL(script), fleet, {}, observer)
  }
}

const startFilled = async (script: URL, fleet: Fleet, env: Environment, observer?: Observer): Promise<Running> => {
  const running = await startEmpty(fleet, env, observer, script)
  await fill(running.port, fleet.questions)
  return running
}

/** It knows no domain, but where to learn of them. */
export const startEmpty = (
  fleet: Fleet,
  env: Environment = {},
  observer?: Observer,
  script = serviceScript
): Promise<Running> =>
  startOnCore(
    withFlags(commandOf(script), "--import", origin),
    { ...environmentFor(fleet), ...env },
    observer,
    serviceReady
  )

/** To be loaded by `--import`. */
export const origin = new URL("../fleet/origin.ts", import.meta.url).href

export const environmentFor = ({ digests, domains }: Fleet): Environment => ({
  FLEET_DIGESTS: digests,
  POSH_PORT: "0",
  POSH_ALLOW_SPECIAL_USE_DOMAINS: "true",
  POSH_CACHE_ENTRIES: `${Math.max(100_000, Math.ceil(domains * 1.1))}`,
  // One caller asks about everybody.
  POSH_CALLER_RESOLUTIONS: "10000000"
})
