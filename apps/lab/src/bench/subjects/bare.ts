/** The baselines: what somebody who would not use this project would write. */
import { type Command, commandOf, start } from "../../process.ts"
import { cores, onCore } from "../machine/cores.ts"
import { withFlags } from "../machine/node.ts"
import type { Observer } from "./Observation.ts"
import type { Subject } from "./Subject.ts"

export const bareNode: Subject = {
  name: "bare node:http",
  start: ({ digests }, observer) => startOnCore(bareScript("http.ts"), { DIGESTS: digests }, observer)
}

/** Takes what `buildGo` returns. */
export const bareGo = (program: string): Subject => ({
  name: "bare Go",
  start: ({ digests }) => startOnCore([program], { DIGESTS: digests, GOMAXPROCS: "1" })
})

/** A program of the folder of baselines. */
export const bareScript = (name: string): Command => commandOf(new URL(`../bare/${name}`, import.meta.url))

/** On the core of servers. */
export const startOnCore = (
  command: Command,
  env: Readonly<Record<string, string>>,
  observer?: Observer,
  ready?: string
) =>
  start(onCore(cores.server, observer === undefined ? command : withFlags(command, "--import", observe)), {
    env,
    ...(observer === undefined ? {} : { onMessage: observer.receive }),
    ...(ready === undefined ? {} : { ready })
  })

const observe = new URL("observe.ts", import.meta.url).href
