/**
 * The services that POSH is used for, and their form in the path of each generation (requirements §2.2).
 */
import { type Brand, Result } from "effect"
import { QuestionError } from "./QuestionError.ts"

export type ServiceKey = string & Brand.Brand<"ServiceKey">

/** The protocols of SRV records that TLSA records have labels for (RFC 6698 §3). */
export const transports = ["tcp", "udp", "sctp"] as const
export type Transport = typeof transports[number]

export interface ServiceEntry {
  /** The registered key; also the RFC 7711 path variable (POSH-RES-11). */
  readonly key: ServiceKey
  /** The path variable of the draft generation (POSH-RES-12), and the SRV owner name. */
  readonly draftDesc: string
  /** `_service` of the SRV-ID that names this service (RFC 4985 §2). */
  readonly srvName: string
  /** `_proto` of SRV and TLSA records, without the underscore. */
  readonly protocol: Transport
  /** Where a host without an SRV record offers the service; no part of any URL (POSH-RES-22). `undefined`: none is known. */
  readonly port: number | undefined
}

/** What a registry needs to know of a service. */
export interface ServiceDescription {
  /** In lower case (POSH-RES-14). NOT CHECKED here: `parseServices` reads what operators write. */
  readonly name: string
  /** Default `tcp`. */
  readonly protocol?: Transport
  readonly port?: number
}

/** By key and by alias. */
export type ServiceRegistry = ReadonlyMap<string, ServiceEntry>

/** Makes a registry of services, by key and by alias; a name alone is that of a service over TCP. */
export const makeServiceRegistry = (services: ReadonlyArray<string | ServiceDescription>): ServiceRegistry => {
  const registry = new Map<string, ServiceEntry>()
  for (const service of services) {
    const { name, port, protocol = "tcp" } = typeof service === "string" ? { name: service } : service
    const entry: ServiceEntry = {
      key: name as ServiceKey,
      draftDesc: `_${name}._${protocol}`,
      srvName: `_${name}`,
      protocol,
      port
    }
    registry.set(name, entry)
    registry.set(entry.draftDesc, entry)
    // POSH-RES-16: direct TLS has no registration of its own
    registry.set(name.replace(/^xmpp-(?=client$|server$)/, "xmpps-"), entry)
  }
  return registry
}

/** RFC 7712 §9: the only registered names. */
export const builtIn: ReadonlyArray<ServiceDescription> = [
  { name: "xmpp-client", port: 5_222 },
  { name: "xmpp-server", port: 5_269 }
]

export const registeredServices: ServiceRegistry = makeServiceRegistry(builtIn)

/** Finds a service by key or alias; unknown names never reach a path (POSH-RES-10). */
export const parseService = (
  raw: string,
  registry: ServiceRegistry
): Result.Result<ServiceEntry, QuestionError> => {
  const entry = registry.get(typeof raw !== "string" || raw.length > 64 ? "" : raw.toLowerCase()) // POSH-RES-14, requirements §8.1
  if (entry !== undefined) return Result.succeed(entry)
  const known = [...new Set([...registry.values()].map(({ key }) => key))].join(", ")
  return Result.fail(
    new QuestionError({
      code: "UnsupportedService",
      field: "service",
      detail: `the service is not one of ${known}`
    })
  )
}

/** Has the text the form of a service's key (POSH-RES-13)? 1 to 15 characters of lower case, as RFC 6335 §5.1 says. */
export const isServiceName = (text: string): boolean =>
  /^[a-z0-9-]{1,15}$/.test(text) && /[a-z]/.test(text) && !/^-|-$|--/.test(text)
