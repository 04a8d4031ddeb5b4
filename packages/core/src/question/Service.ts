/**
 * The services that POSH is registered for, and their form in the path of each generation (requirements §2.2).
 */
import { type Brand, Result } from "effect"
import { QuestionError } from "./QuestionError.ts"

export type ServiceKey = string & Brand.Brand<"ServiceKey">

export interface ServiceEntry {
  /** The registered key; also the RFC 7711 path variable (POSH-RES-11). */
  readonly key: ServiceKey
  /** The path variable of the draft generation (POSH-RES-12), and the SRV owner name. */
  readonly draftDesc: string
  /** `_service` of the SRV-ID that names this service (RFC 4985 §2). */
  readonly srvName: string
}

export type ServiceRegistry = ReadonlyMap<string, ServiceEntry>

/** Makes a registry of SRV services over TCP, by key and by alias. */
export const makeServiceRegistry = (keys: ReadonlyArray<string>): ServiceRegistry => {
  const registry = new Map<string, ServiceEntry>()
  for (const key of keys) {
    const entry: ServiceEntry = { key: key as ServiceKey, draftDesc: `_${key}._tcp`, srvName: `_${key}` }
    registry.set(key, entry)
    registry.set(entry.draftDesc, entry)
    registry.set(key.replace(/^xmpp-/, "xmpps-"), entry) // POSH-RES-16: direct TLS has no registration of its own
  }
  return registry
}

/** RFC 7712 §9: the only registered names. */
export const registeredServices: ServiceRegistry = makeServiceRegistry(["xmpp-client", "xmpp-server"])

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
