/** The service, of this checkout or another one. Its way to origins is `fleet/origin.ts`. */
import { existsSync } from "node:fs"
import { basename, join, resolve } from "node:path"
import { commandOf, type Running } from "../../process.ts"
import { serviceReady } from "../../service.ts"
import { fill } from "../fleet/fill.ts"
import type { Published } from "../fleet/Fleet.ts"
import { withFlags } from "../machine/node.ts"
import { startOnCore } from "./bare.ts"
import { bundleOf, thisCheckout } from "./bundle.ts"
import type { Observer } from "./Observation.ts"
import type { Subject } from "./Subject.ts"

type Environment = Readonly<Record<string, string>>

/** The service of this checkout. */
export const posh = (env: Environment = {}, name = "posh"): Subject => ({
  name,
  start: (fleet, observer) => startFilled(thisCheckout, fleet, env, observer)
})

/** The service of another checkout, named after its folder. */
export const poshIn = (checkout: string): Subject => {
  const root = resolve(checkout)
  if (!existsSync(join(root, "apps/server/src/main.ts"))) throw new Error(`no checkout of this repository: ${checkout}`)
  return {
    name: basename(root),
    start: (fleet, observer) => startFilled(root, fleet, {}, observer)
  }
}

const startFilled = async (
  checkout: string,
  fleet: Published,
  env: Environment,
  observer?: Observer
): Promise<Running> => {
  const running = await startEmpty(fleet, env, observer, checkout)
  await fill(running.port, fleet.questions)
  return running
}

/** It knows no domain, but where to learn of them. */
export const startEmpty = async (
  fleet: Published,
  env: Environment = {},
  observer?: Observer,
  checkout = thisCheckout
): Promise<Running> =>
  startOnCore(
    withFlags(commandOf(await bundleOf(checkout))),
    { ...environmentFor(fleet), ...env },
    observer,
    serviceReady
  )

export const environmentFor = ({ digests, domains }: Published): Environment => ({
  FLEET_DIGESTS: digests,
  POSH_PORT: "0",
  POSH_GRPC_PORT: "off",
  POSH_ALLOW_SPECIAL_USE_DOMAINS: "true",
  POSH_CACHE_ENTRIES: `${Math.max(100_000, Math.ceil(domains * 1.1))}`,
  // One caller asks about everybody.
  POSH_CALLER_RESOLUTIONS: "10000000"
})
