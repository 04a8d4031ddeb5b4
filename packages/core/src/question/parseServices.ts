/**
 * The services that an operator adds to those that are built in.
 */
import { Result } from "effect"
import {
  builtIn,
  isServiceName,
  makeServiceRegistry,
  registeredServices,
  type ServiceDescription,
  type ServiceEntry,
  type ServiceRegistry,
  type Transport,
  transports
} from "./Service.ts"

/** Why a list of services cannot be used. */
export interface ServiceFault {
  /** As it was written. */
  readonly entry: string
  /** Goes on from the entry, as in `is listed twice`. */
  readonly detail: string
}

/**
 * Parses `POSH_SERVICES`: `name`, `name/proto`, `name:port` or `name/proto:port`, comma-separated → the registry of these and the
 * built-in services.
 *
 * **Details**
 *
 * Names are those of SRV records without the underscore, lower-cased (POSH-RES-13, POSH-RES-14); the protocol is `tcp` unless
 * given. The alias of each is its SRV spelling, `_sip._udp`. RFC 7711 names a service without its protocol, so there can be only
 * one of each name. A built-in service may be listed as it is, and not otherwise.
 */
export const parseServices = (text: string): Result.Result<ServiceRegistry, ServiceFault> =>
  text.trim() === "" ? Result.succeed(registeredServices) : Result.gen(function*() {
    const added = new Map<string, ServiceDescription>()
    for (const entry of text.split(",").map((part) => part.trim())) {
      const service = yield* parseEntry(entry)
      if (added.has(service.name)) return yield* fail(entry, "names a service that is listed already")
      added.set(service.name, service)
    }
    const own = [...added.values()].filter(({ name }) => !registeredServices.has(name))
    return makeServiceRegistry([...builtIn, ...own])
  })

const parseEntry = (entry: string): Result.Result<ServiceDescription, ServiceFault> =>
  Result.gen(function*() {
    const [, written = "", proto = "tcp", digits] = shape.exec(entry) ?? []
    const name = /^[\w-]+$/.test(written) ? written.toLowerCase() : written // toLowerCase makes a k of the Kelvin sign
    const protocol = transports.find((transport) => transport === proto)
    const port = digits === undefined ? undefined : /^\d{1,5}$/.test(digits) ? Number(digits) : Number.NaN
    if (written === "") return yield* fail(entry, "must be name/proto:port, such as submission/tcp:587")
    if (!isServiceName(name)) {
      return yield* fail(
        entry,
        "must begin with a service name: 1 to 15 letters, digits and single hyphens between them"
      )
    }
    if (protocol === undefined) return yield* fail(entry, `has a protocol that is not one of ${transports.join(", ")}`)
    if (port !== undefined && !(port >= 1 && port <= 65_535)) {
      return yield* fail(entry, "has a port that is not one from 1 to 65535")
    }
    if (isOverHttp(name)) return yield* fail(entry, "is a service over HTTP, for which there is no POSH (RFC 7711 §1)")
    const known = registeredServices.get(name)
    if (known !== undefined && !isSame(known, name, protocol, port)) {
      return yield* fail(entry, `is built in as ${known.key}/${known.protocol}:${known.port}; leave it out`)
    }
    return { name, protocol, ...(port === undefined ? {} : { port }) }
  })

/** Name, protocol, port; each is checked for itself, so that the fault can say which is wrong. */
const shape = /^([^/:\s]+)(?:\/([^/:\s]*))?(?::([^/:\s]*))?$/

/** An alias is another name for a service, and no service of its own. */
const isSame = (known: ServiceEntry, name: string, protocol: Transport, port = known.port): boolean =>
  known.key === name && known.protocol === protocol && known.port === port

/** POSH-RES-17. NOT COMPLETE: nothing in a name has to say what a service runs over. */
const isOverHttp = (name: string): boolean => /(^|-)https?(-|$)/.test(name) || overHttp.has(name)

const overHttp: ReadonlySet<string> = new Set([
  "www",
  "ws", // WebSocket (RFC 6455)
  "wss",
  "webdav",
  "webdavs",
  "caldav", // RFC 6764
  "caldavs",
  "carddav",
  "carddavs",
  "jmap", // RFC 8620
  "timezone", // RFC 7808
  "timezones",
  "ipp", // RFC 8011
  "ipps",
  "xmpp-bosh", // XEP-0206
  "matrix",
  "matrix-fed",
  "matrix-identity",
  "autodiscover",
  "hkp", // OpenPGP key servers
  "hkps",
  "openpgpkey",
  "wsman",
  "wsmans"
])

const fail = (entry: string, detail: string): Result.Result<never, ServiceFault> => Result.fail({ entry, detail })
