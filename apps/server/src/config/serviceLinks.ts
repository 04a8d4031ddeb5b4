/**
 * Kubernetes puts the address of every Service of a namespace into the environment of each container, named after the
 * Service, unless the pod says `enableServiceLinks: false`. Those of a Service called `posh`, or `posh-…`, look like
 * settings, and are none.
 */
import { Record } from "effect"
import type { Environment } from "./Config.ts"

/** The environment without what Kubernetes has put there. */
export interface OwnEnvironment {
  readonly env: Environment
  /** One for each setting whose name a Service has taken. */
  readonly warnings: ReadonlyArray<string>
}

/** `known` has the names of the settings. */
export const withoutServiceLinks = (env: Environment, known: ReadonlyArray<string>): OwnEnvironment => {
  const services = Record.keys(env).flatMap((name) => serviceOf(name, env[name]))
  const taken = Record.keys(env).filter((name) => services.some((service) => isLinkOf(service, name)))
  return {
    env: Record.filter(env, (_, name) => !taken.includes(name)),
    warnings: taken.filter((name) => known.includes(name)).map((name) =>
      `${name}: ${env[name]} is the address of a Kubernetes Service and no setting, so the default is used; ` +
      "set enableServiceLinks: false in the pod, or give the Service another name"
    )
  }
}

const address = /^(?:tcp|udp|sctp):\/\/(?:[\d.]+|\[[\da-f:.]+\]):\d{1,5}$/i

/** The prefix of a Service, by the variable that every Service has. */
const serviceOf = (name: string, value: string | undefined): ReadonlyArray<string> =>
  name.endsWith("_PORT") && value !== undefined && address.test(value) && !/_PORT_\d+_/.test(name)
    ? [name.slice(0, -"_PORT".length)]
    : []

const isLinkOf = (service: string, name: string): boolean =>
  name.startsWith(`${service}_`) &&
  /^(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT|PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)$/.test(
    name.slice(service.length + 1)
  )
